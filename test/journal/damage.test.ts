// Pages of the journal that the disk destroyed: what can be read is read, what is lost is counted, everything goes on.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { destroyPages, leavesOf, rootOf } from '../support/damage.ts';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll, entriesOf, idsOf, openTestJournal } from '../support/journals.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const ids = (hits: readonly Hit[]) => hits.map((hit) => hit.id);

/** A closed journal of 500 hits. */
async function makeJournal(): Promise<{ readonly path: string; readonly hits: readonly Hit[] }> {
  const path = join(temporaryDirectory(), 'journal.db');
  const hits = Array.from({ length: 500 }, () => makeHit());
  const journal = await openJournal(path);
  await appendAll(journal, hits);
  await journal.close();
  return { path, hits };
}

describe('a journal with damaged pages', () => {
  it.each([
    ['in the middle', (leaves: readonly number[]) => leaves.slice(4, 6)],
    ['at the start', (leaves: readonly number[]) => leaves.slice(0, 1)],
    ['at the end', (leaves: readonly number[]) => leaves.slice(-1)],
    ['here and there', (leaves: readonly number[]) => leaves.filter((_, at) => at % 3 === 1)],
  ])('gives all other entries, counts the lost and takes new ones: %s', async (_, choose) => {
    const { path, hits } = await makeJournal();
    destroyPages(path, choose(leavesOf(path)));
    const journal = await openTestJournal(path);
    const before = idsOf(await entriesOf(journal));
    const { damaged } = journal.counts().dropped;
    expect(damaged).toBeGreaterThan(0);
    expect(damaged).toBeLessThan(250);
    expect(before).toHaveLength(500 - damaged);
    expect(ids(hits)).toEqual(expect.arrayContaining([...before]));
    const later = makeHit();
    await appendAll(journal, [later]);
    const entries = await entriesOf(journal);
    expect(idsOf(entries)).toEqual([...before, later.id]);
    expect(entries.at(-1)?.seq).toBe(501);
    await journal.prune(501);
    expect(journal.counts()).toMatchObject({ received: 501, journalled: 0, settled: 501 - damaged });
    expect(accountedFor(journal.counts())).toBe(501);
  });

  it('takes new hits when it can read nothing any more', async () => {
    const { path } = await makeJournal();
    destroyPages(path, [rootOf(path)]);
    const journal = await openTestJournal(path);
    const later = makeHit();
    await appendAll(journal, [later]);
    expect(idsOf(await entriesOf(journal))).toEqual([later.id]);
    expect(journal.counts()).toMatchObject({ received: 501, journalled: 1, dropped: { damaged: 500 } });
  });

  it('can be emptied as far as it was settled', async () => {
    const { path } = await makeJournal();
    destroyPages(path, leavesOf(path).slice(2, 4));
    const journal = await openTestJournal(path);
    await journal.prune(400);
    const counts = journal.counts();
    expect(counts.journalled).toBe(100);
    expect(counts.dropped.damaged + counts.settled).toBe(400);
    expect(counts.dropped.damaged).toBeGreaterThan(0);
  });
});
