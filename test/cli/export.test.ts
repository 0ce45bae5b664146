import { describe, expect, it } from 'vitest';
import { pageRowsMax } from '../../src/base/limits.ts';
import { run } from '../support/command.ts';
import { makeHit, startMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

interface Line {
  readonly id: string;
  readonly message: string;
}

async function opened() {
  const at = await openTestStore();
  for (const message of ['first', 'second@x']) {
    const hits = Array.from({ length: pageRowsMax + 10 }, (_, n) =>
      makeHit({ message, recipient: `r${n}`, atMs: startMs + n }),
    );
    await settleHits(at.store, hits, message);
  }
  const exported = async (...args: readonly string[]) => {
    const ran = await run(['export', '--database', `sqlite:${at.path}`, ...args], { cwd: at.directory });
    const lines: Line[] = ran.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    return { ...ran, lines };
  };
  return { ...at, exported };
}

describe('telltale export --events', () => {
  it('writes every event once, a line each, and goes on behind any of them', async () => {
    const { exported } = await opened();
    const { lines, status, stderr } = await exported('--events');
    expect([status, stderr]).toEqual([0, `${(2 * (pageRowsMax + 10)).toLocaleString('en')} events.\n`]);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(2 * (pageRowsMax + 10));
    expect(lines[0]).toMatchObject({ message: 'second@x', recipient: 'r0', event: 'open', label: 'human' });
    for (const at of [0, pageRowsMax - 1, pageRowsMax + 9, pageRowsMax + 10, lines.length - 1]) {
      const { id, message } = lines[at] ?? { id: '', message: '' };
      const rest = await exported('--events', '--cursor', `${id}@${message}`);
      expect([at, rest.lines]).toEqual([at, lines.slice(at + 1)]);
    }
  });

  it('writes those of one message, and of a time', async () => {
    const { exported } = await opened();
    const of = await exported(
      '--events',
      '--message',
      'first',
      '--since',
      new Date(startMs + 5).toISOString(),
      '--until',
      new Date(startMs + 8).toISOString(),
    );
    expect(of.lines).toMatchObject(['r5', 'r6', 'r7'].map((recipient) => ({ message: 'first', recipient })));
    expect((await exported('--events', '--since', '2026-01-02')).lines).toEqual([]);
  });

  it('says where to go on when it is interrupted', async () => {
    const { path, directory, exported } = await opened();
    // At once, so that it ends behind its first page.
    const onInterrupt = (stop: () => void) => {
      stop();
      return () => undefined;
    };
    const running = run(['export', '--events', '--database', `sqlite:${path}`], {
      cwd: directory,
      io: { onInterrupt },
    });
    const { status, stderr, stdout } = await running;
    expect(status).toBe(130);
    const cursor = JSON.parse(/--cursor ("[^"]*")/.exec(stderr)?.[1] ?? '""');
    const all = await exported('--events');
    expect(stdout + (await exported('--events', '--cursor', cursor)).stdout).toBe(all.stdout);
  });

  it.each([
    [[], 2, 'Say what to export'],
    [['--events', '--message', 'none'], 1, 'none'],
    [['--events', '--cursor', 'nonsense'], 1, '"nonsense" came'],
    [['--events', '--cursor', `${'0'.repeat(32)}@gone`], 1, '@gone'],
    [['--events', '--message', 'first', '--cursor', `${'0'.repeat(32)}@second@x`], 1, '--cursor is the id'],
    [['--events', '--since', 'yesterday'], 2, '--since is a day'],
  ])('refuses %j', async (args, status, said) => {
    const { exported } = await opened();
    expect(await exported(...args)).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(said) });
  });
});
