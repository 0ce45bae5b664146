// A process that writes the journal is killed while it answers. What it acknowledged must be there, once.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { entriesOf, idsOf, openTestJournal } from '../support/journals.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const script = fileURLToPath(new URL('../support/append-hits.ts', import.meta.url));

/** Runs the appending process, kills it when it has printed `count` ids, and returns all that it printed. */
async function acknowledgedBefore(count: number, path: string, mode: 'durable' | 'early'): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, path, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // The kill may cut the last line.
    if (line.length === 32) printed.push(line);
    if (printed.length === count) child.kill('SIGKILL');
  }
  return printed;
}

/** What of the acknowledged is missing after the crash, what stands there twice, and what the counts do not know of. */
async function damageOf(path: string, acknowledged: readonly string[]) {
  const journal = await openTestJournal(path);
  const kept = idsOf(await entriesOf(journal));
  const known = new Set(kept);
  const lost = acknowledged.filter((id) => !known.has(id));
  return { lost, doubled: kept.length - known.size, uncounted: kept.length - journal.counts().received };
}

describe('a journal whose process is killed', () => {
  it.each([1, 20, 300, 1_500, 4_000])(
    'holds each hit once that was acknowledged before kill -9 at %i',
    async (count) => {
      const path = join(temporaryDirectory(), 'journal.db');
      const acknowledged = await acknowledgedBefore(count, path, 'durable');
      expect(acknowledged.length).toBeGreaterThanOrEqual(count);
      expect(await damageOf(path, acknowledged)).toEqual({ lost: [], doubled: 0, uncounted: 0 });
    },
  );

  it('would be seen to lose hits, were they acknowledged before the commit', async () => {
    const path = join(temporaryDirectory(), 'journal.db');
    const acknowledged = await acknowledgedBefore(20, path, 'early');
    const { lost } = await damageOf(path, acknowledged);
    expect(lost).toEqual(acknowledged);
  });
});
