// A process that collects, forwards and settles is killed, at any moment or just before its journal keeps what the stream
// has acknowledged. Every hit that it acknowledged is in the store once the next one has done the rest, once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../../src/engine/start-engine.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { acknowledgedBefore } from '../support/acknowledged.ts';
import { builtFile } from '../support/built.ts';
import { accountedFor, openTestJournal } from '../support/journals.ts';
import { killAt } from '../support/kill-at.ts';
import { hasNats, startNats, withNats } from '../support/nats.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const script = new URL('../support/forward-hits.ts', import.meta.url);

/** Does what a killed process left, and says what is in the store and in the journal's account. */
async function finish(directory: string, url: string) {
  const path = join(directory, 'telltale.db');
  const problems: unknown[] = [];
  const engine = await startEngine({
    databaseUrl: `sqlite:${path}`,
    stream: { settings: readStreamSettings({ url, replicas: '1' }), settles: true },
    onProblem: (error) => problems.push(error),
  });
  onTestFinished(() => engine.close());
  const journal = await openTestJournal(join(directory, 'journal.db'));
  const settler = await engine.settle(journal);
  onTestFinished(() => settler.stop(0));
  await settler.settleNow();
  // What the killed one had in hand comes when the stream knows that it is gone.
  await expect.poll(async () => (await engine.streamStatus())?.waiting, { timeout: 60_000 }).toBe(0);
  const settled = rowsOf(path, 'SELECT lower(hex(hit_id)) AS id FROM events').map(({ id }) => String(id));
  const counts = journal.counts();
  expect(accountedFor(counts)).toBe(counts.received);
  expect(problems).toEqual([]);
  return { settled, counts };
}

describe.skipIf(!hasNats)(withNats('a process that forwards and settles'), () => {
  it.each([50, 4_000])('loses and doubles no hit by kill -9 at %i', async (count) => {
    const { url } = await startNats();
    const directory = temporaryDirectory();
    const acknowledged = await acknowledgedBefore(count, script, [directory, url]);
    const { settled, counts } = await finish(directory, url);
    const known = new Set(settled);
    expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
    expect(known.size).toBe(settled.length);
    expect(counts).toMatchObject({ journalled: 0, forwarded: counts.received, received: settled.length });
  });

  it('loses and doubles none when it is killed between the stream’s acknowledgement and what its journal keeps', async () => {
    const { url } = await startNats();
    const directory = temporaryDirectory();
    const child = spawn(process.execPath, [builtFile(script), directory, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...killAt({ file: 'journal.db', sql: 'INSERT INTO forwarded_places', at: 20 }) },
    });
    const acknowledged: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.length === 32) acknowledged.push(line);
    });
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    expect(acknowledged.length).toBeGreaterThan(0);
    const { settled, counts } = await finish(directory, url);
    const known = new Set(settled);
    expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
    expect(known.size).toBe(settled.length);
    expect(counts).toMatchObject({ journalled: 0, forwarded: counts.received, received: settled.length });
  });
});
