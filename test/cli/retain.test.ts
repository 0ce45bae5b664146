import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { run } from '../support/command.ts';
import { makeHit } from '../support/hits.ts';
import { allRows, rowsOf, settleHits } from '../support/stores.ts';

const DAY = 86_400_000;
const nowMs = Date.UTC(2026, 5, 15);
const at = (atMs: number, agent: string) => makeHit({ atMs, headers: { 'user-agent': agent } });

let cwd: string;
let path: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'telltale-cli-'));
  path = join(cwd, 'telltale-data', 'telltale.db');
  await run(['migrate', '--quiet'], { cwd });
  const store = await openStore(`sqlite:${path}`);
  await settleHits(store, [at(nowMs - 400 * DAY, 'a'), at(nowMs - 31 * DAY, 'b'), at(nowMs - DAY, 'c')]);
  await store.close();
});
afterEach(() => rm(cwd, { recursive: true }));

const retain = (args: readonly string[], afterMs = 0, env: Record<string, string> = {}) =>
  run(['retain', ...args], { cwd, env, io: { now: () => nowMs + afterMs } });

const events = () =>
  rowsOf(path, 'SELECT method_key != 0 AS whole FROM events ORDER BY hit_id').map((row) => row['whole']);

describe('telltale retain', () => {
  it('--dry-run says what would go and from when on, and changes nothing', async () => {
    const before = allRows(path);
    const { status, stdout, stderr } = await retain(['--dry-run', '--json', '--quiet']);
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      dryRun: true,
      signals: { before: '2026-05-16T00:00:00.000Z', rows: 1, oldest: '2026-05-15T00:00:00.000Z' },
      events: { before: '2025-05-15T00:00:00.000Z', rows: 1, oldest: '2025-05-11T00:00:00.000Z' },
      texts: { rows: 2 },
    });
    const words = await retain(['--dry-run']);
    expect(words.stdout).toContain('events\t2025-05-15T00:00:00.000Z\t1\t2025-05-11T00:00:00.000Z\n');
    expect(words.stderr).toBe('Nothing was changed. Without --dry-run it goes; reports stay as they are.\n');
    expect(allRows(path)).toEqual(before);
  });

  it('removes it and says what is gone; a second run finds nothing', async () => {
    const { status, stdout, stderr } = await retain(['--json']);
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      dryRun: false,
      signals: { before: '2026-05-16T00:00:00.000Z', rows: 1 },
      events: { before: '2025-05-15T00:00:00.000Z', rows: 1 },
      texts: { rows: 2 },
    });
    expect(events()).toEqual([0, 1]);
    expect((await retain([])).stdout).toBe(
      [
        'what\tfrom before\tgone',
        'raw signals of events\t2026-05-16T00:00:00.000Z\t0',
        'events\t2025-05-15T00:00:00.000Z\t0',
        'texts of raw signals\t\t0\n',
      ].join('\n'),
    );
  });

  it.each([
    ['the file', [], {}, { retainSignals: 'never', retainEvents: '1d' }, [1]],
    ['the environment over the file', [], { TELLTALE_RETAIN_EVENTS: '40d' }, { retainEvents: '1d' }, [0, 1]],
    ['a flag over the environment', ['--retain-events', 'never'], { TELLTALE_RETAIN_EVENTS: '1d' }, {}, [0, 0, 1]],
    ['flags for both', ['--retain-events', 'never', '--retain-signals', '2m'], {}, {}, [0, 1, 1]],
  ])('takes the ages from %s', async (_, flags, env, config, left) => {
    await writeFile(join(cwd, 'telltale.config.json'), JSON.stringify(config));
    expect((await retain(flags, 0, env)).status).toBe(0);
    expect(events()).toEqual(left);
  });

  it('names the setting that cannot be read where it was set', async () => {
    const { status, stderr } = await retain([], 0, { TELLTALE_RETAIN_EVENTS: '0' });
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^telltale: TELLTALE_RETAIN_EVENTS .* takes an age/)]);
  });

  it.each([
    [['--retain-signals', '0'], '--retain-signals takes an age in days or months'],
    [['--retain-events', 'soon'], '"never" removes nothing; the shortest is 1d.'],
    [['--dry'], "unknown option '--dry'"],
  ])('%j is used wrongly, and removes nothing', async (args, words) => {
    const { status, stderr } = await retain(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect((await run(['serve', ...args], { cwd })).status).toBe(2);
    expect(events()).toEqual([1, 1, 1]);
  });

  it('removes nothing by a clock that leapt, says what to do, and does it on request', async () => {
    const leapt = await retain([], 5_000 * DAY);
    expect([leapt.status, leapt.stdout]).toEqual([1, '']);
    expect(leapt.stderr).toContain('If it is right, run: telltale retain --trust-clock.');
    expect(events()).toEqual([1, 1, 1]);
    const dry = await retain(['--dry-run', '--json'], 5_000 * DAY);
    expect([dry.status, JSON.parse(dry.stdout).events.rows]).toEqual([0, 3]);
    expect(dry.stderr).toContain('--trust-clock');
    expect((await retain(['--trust-clock'], 5_000 * DAY)).status).toBe(0);
    expect(events()).toEqual([]);
  });

  it('ends after the step at hand at Ctrl-C', async () => {
    const onInterrupt = (stop: () => void) => {
      stop();
      return () => {};
    };
    const { status } = await run(['retain'], { cwd, io: { now: () => nowMs, onInterrupt } });
    expect(status).toBe(130);
    expect(events()).toEqual([1, 1, 1]);
  });

  it('makes no database where there is none', async () => {
    const { status, stderr } = await run(['retain', '--data', 'elsewhere'], { cwd });
    expect([status, stderr]).toEqual([1, expect.stringContaining('There is no database')]);
  });
});
