// Pages of the journal that the disk destroyed: what can be read is read, what is lost is counted, everything goes on.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll, entriesOf, idsOf, openTestJournal } from '../support/journals.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const PAGE_BYTES = 4_096;
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

/** Pages that hold hits, in order; the last is the one to which new hits are appended. */
function leavesOf(path: string): readonly number[] {
  const bytes = readFileSync(path);
  const pages = Array.from({ length: bytes.length / PAGE_BYTES }, (_, page) => page);
  // The type of a page is its first byte; 13 is a leaf of a table.
  return pages.filter((page) => {
    const content = bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    return content[0] === 13 && content.includes('"spring-sale"');
  });
}

/** The root of the table of hits, above its leaves. */
function rootOf(path: string): number {
  return Number(rowsOf(path, "SELECT rootpage FROM sqlite_master WHERE name = 'hits'")[0]?.['rootpage']) - 1;
}

function destroy(path: string, pages: readonly number[]): void {
  const file = openSync(path, 'r+');
  for (const page of pages) writeSync(file, Buffer.alloc(PAGE_BYTES, 0xff), 0, PAGE_BYTES, page * PAGE_BYTES);
  closeSync(file);
}

describe('a journal with damaged pages', () => {
  it.each([
    ['in the middle', (leaves: readonly number[]) => leaves.slice(4, 6)],
    ['at the start', (leaves: readonly number[]) => leaves.slice(0, 1)],
    ['at the end', (leaves: readonly number[]) => leaves.slice(-1)],
    ['here and there', (leaves: readonly number[]) => leaves.filter((_, at) => at % 3 === 1)],
  ])('gives all other entries, counts the lost and takes new ones: %s', async (_, choose) => {
    const { path, hits } = await makeJournal();
    destroy(path, choose(leavesOf(path)));
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
    destroy(path, [rootOf(path)]);
    const journal = await openTestJournal(path);
    const later = makeHit();
    await appendAll(journal, [later]);
    expect(idsOf(await entriesOf(journal))).toEqual([later.id]);
    expect(journal.counts()).toMatchObject({ received: 501, journalled: 1, dropped: { damaged: 500 } });
  });

  it('can be emptied as far as it was settled', async () => {
    const { path } = await makeJournal();
    destroy(path, leavesOf(path).slice(2, 4));
    const journal = await openTestJournal(path);
    await journal.prune(400);
    const counts = journal.counts();
    expect(counts.journalled).toBe(100);
    expect(counts.dropped.damaged + counts.settled).toBe(400);
    expect(counts.dropped.damaged).toBeGreaterThan(0);
  });
});
