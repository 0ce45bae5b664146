// received = waiting + journalled + forwarded + parked + settled + dropped, in every state and after every end.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { writeBody } from '../../src/base/hit-body.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll, countsWith, entriesOf, nextCommit, openTestJournal } from '../support/journals.ts';
import { changeFile } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const journalPath = () => join(temporaryDirectory(), 'journal.db');
const makeHits = (count: number): readonly Hit[] => Array.from({ length: count }, () => makeHit());

describe('counts', () => {
  it('give each hit that was received to exactly one of waiting, journalled, parked, settled and dropped', async () => {
    const journal = await openTestJournal(journalPath());
    const appended = Promise.all(makeHits(100).map((hit) => journal.append(hit)));
    expect(journal.counts()).toEqual(countsWith({ received: 100, waiting: 100 }));
    await appended;
    await appendAll(journal, []);
    expect(journal.counts()).toEqual(countsWith({ received: 100, journalled: 100 }));
    await journal.setAside([
      { seq: 2, reason: 'it names no message' },
      { seq: 3, reason: null },
    ]);
    expect(journal.counts()).toEqual(countsWith({ received: 100, journalled: 98, parked: 1, damaged: 1 }));
    await journal.prune(10);
    expect(journal.counts()).toEqual(countsWith({ received: 100, journalled: 90, parked: 1, settled: 8, damaged: 1 }));
  });

  it('count nothing twice that is pruned or set aside twice', async () => {
    const journal = await openTestJournal(journalPath());
    await appendAll(journal, makeHits(10));
    for (let time = 0; time < 2; time += 1) {
      await journal.setAside([
        { seq: 2, reason: 'it names no message' },
        { seq: 3, reason: null },
      ]);
      await journal.prune(5);
    }
    expect(journal.counts()).toEqual(countsWith({ received: 10, journalled: 5, parked: 1, settled: 3, damaged: 1 }));
  });

  it('are the same when the journal is opened again, dropped hits among them', async () => {
    const path = journalPath();
    const before = await openJournal(path);
    await appendAll(before, makeHits(10));
    await before.setAside([{ seq: 1, reason: 'it names no message' }]);
    await before.prune(4);
    changeFile(path, 'ALTER TABLE hits RENAME TO away');
    await before.append(makeHit());
    changeFile(path, 'ALTER TABLE away RENAME TO hits');
    const counts = before.counts();
    expect(counts).toEqual(countsWith({ received: 11, journalled: 6, parked: 1, settled: 3, failed: 1 }));
    await before.close();
    expect(before.counts()).toEqual(counts);
    const after = await openTestJournal(path);
    expect(after.counts()).toEqual(counts);
  });

  it('keep a parked entry as it came, with its reason', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    const hit = makeHit();
    await appendAll(journal, [hit]);
    await journal.setAside([{ seq: 1, reason: 'it names no message' }]);
    const db = new Database(path, { readonly: true });
    const rows = db.prepare('SELECT seq, body, reason FROM parked').all();
    db.close();
    expect(rows).toEqual([{ seq: 1, body: writeBody(hit), reason: 'it names no message' }]);
    expect(await entriesOf(journal)).toEqual([]);
  });

  it('count a late answer once, as the hit it is', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await journal.append(makeHit())).toBe(false);
    expect(journal.status()).toMatchObject({ lateAnswers: 1, depth: 1, isFailing: false });
    const committed = nextCommit(journal);
    other.exec('COMMIT');
    other.close();
    await committed;
    expect(journal.counts()).toEqual(countsWith({ received: 1, journalled: 1 }));
  });
});

describe('a journal that is as large as it may become', () => {
  it('keeps what it has, drops what is new, says so, and takes hits again once some are settled', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path, { bytesMax: 200_000 });
    const first = makeHits(2_000);
    for (let at = 0; at < first.length; at += 100) await appendAll(journal, first.slice(at, at + 100));
    const full = journal.counts();
    expect(full.dropped.overflow).toBeGreaterThan(500);
    expect(full.journalled).toBeGreaterThan(300);
    expect(accountedFor(full)).toBe(2_000);
    expect((await entriesOf(journal)).map(({ hit }) => hit)).toEqual(first.slice(0, full.journalled));
    expect(await journal.append(makeHit())).toBe(false);
    expect(journal.status()).toMatchObject({ isFull: true, isFailing: false });
    await journal.prune(full.journalled);
    expect(journal.status()).toMatchObject({ isFull: false, depth: 0 });
    await appendAll(journal, [makeHit()]);
    expect(journal.status()).toMatchObject({ isFull: false, depth: 1 });
    expect(journal.counts()).toEqual(
      countsWith({
        received: 2_002,
        journalled: 1,
        settled: full.journalled,
        overflow: full.dropped.overflow + 1,
      }),
    );
  });
});

describe('a commit that fails', () => {
  it('is told by status until one works again', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    changeFile(path, 'ALTER TABLE hits RENAME TO away');
    expect(await journal.append(makeHit())).toBe(false);
    expect(journal.status()).toMatchObject({ isFailing: true, isFull: false, depth: 0, oldestAgeMs: null });
    changeFile(path, 'ALTER TABLE away RENAME TO hits');
    await appendAll(journal, [makeHit()]);
    expect(journal.status()).toMatchObject({ isFailing: false, depth: 1 });
  });

  it('is told no more once the disk takes commits again, though no hit has come', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    changeFile(path, 'ALTER TABLE hits RENAME TO away');
    expect(await journal.append(makeHit())).toBe(false);
    changeFile(path, 'ALTER TABLE away RENAME TO hits');
    await expect.poll(() => journal.status().isFailing, { timeout: 10_000 }).toBe(false);
    expect(journal.counts()).toEqual(countsWith({ received: 1, failed: 1 }));
  });

  it('drops a batch that finds the file locked for too long, and later ones work', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    const other = new Database(path);
    other.exec('BEGIN IMMEDIATE');
    const late = journal.append(makeHit());
    await expect.poll(() => journal.counts().dropped.failed, { timeout: 10_000 }).toBe(1);
    expect(await late).toBe(false);
    other.exec('COMMIT');
    other.close();
    await appendAll(journal, [makeHit()]);
    expect(journal.counts()).toEqual(countsWith({ received: 2, journalled: 1, failed: 1 }));
  }, 20_000);
});

describe('status', () => {
  it('tells the age of the oldest hit that is not settled', async () => {
    const path = journalPath();
    const before = await openJournal(path);
    expect(before.status()).toMatchObject({ depth: 0, oldestAgeMs: null });
    const hourAgo = Date.now() - 3_600_000;
    await appendAll(before, [makeHit({ atMs: hourAgo }), makeHit({ atMs: hourAgo + 1_800_000 })]);
    expect(before.status().oldestAgeMs).toBeGreaterThanOrEqual(3_600_000);
    await before.close();
    const journal = await openTestJournal(path);
    expect(journal.status().oldestAgeMs).toBeGreaterThanOrEqual(3_600_000);
    await journal.prune(1);
    const { oldestAgeMs } = journal.status();
    expect(oldestAgeMs).toBeGreaterThanOrEqual(1_800_000);
    expect(oldestAgeMs).toBeLessThan(3_600_000);
  });
});

describe('the file', () => {
  it.each(['open', 'closed'])('shrinks once it is empty and nobody waits for it: %s', async (end) => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    await appendAll(journal, makeHits(20_000));
    expect(statSync(`${path}-wal`).size + statSync(path).size).toBeGreaterThan(5_000_000);
    for (let through = 5_000; through <= 20_000; through += 5_000) await journal.prune(through);
    if (end === 'closed') await journal.close();
    await expect.poll(() => statSync(path).size, { timeout: 10_000 }).toBeLessThan(100_000);
  });

  it('has room in reserve for the day the disk is full, made when nobody waits', async () => {
    const path = journalPath();
    const journal = await openTestJournal(path);
    await expect.poll(() => statSync(`${path}.reserve`, { throwIfNoEntry: false })?.size).toBe(4_194_304);
    await appendAll(journal, [makeHit()]);
    expect(journal.counts()).toEqual(countsWith({ received: 1, journalled: 1 }));
  });
});
