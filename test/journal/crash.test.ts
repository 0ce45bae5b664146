// A process that writes the journal is killed while it answers. What it acknowledged must be there, once.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acknowledgedBefore } from '../support/acknowledged.ts';
import { entriesOf, idsOf, openTestJournal } from '../support/journals.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const script = new URL('../support/append-hits.ts', import.meta.url);

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
      const acknowledged = await acknowledgedBefore(count, script, [path, 'durable']);
      expect(acknowledged.length).toBeGreaterThanOrEqual(count);
      expect(await damageOf(path, acknowledged)).toEqual({ lost: [], doubled: 0, uncounted: 0 });
    },
  );

  it('would be seen to lose hits, were they acknowledged before the commit', async () => {
    const path = join(temporaryDirectory(), 'journal.db');
    const acknowledged = await acknowledgedBefore(20, script, [path, 'early']);
    const { lost } = await damageOf(path, acknowledged);
    expect(lost).toEqual(acknowledged);
  });
});
