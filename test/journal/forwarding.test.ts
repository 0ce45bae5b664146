// What a journal keeps of forwarding.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll, countsWith, entriesOf, openTestJournal } from '../support/journals.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const hits = (count: number) => Array.from({ length: count }, () => makeHit());

it('counts what a stream has taken, and keeps where each partition stands, across restarts', async () => {
  const path = join(temporaryDirectory(), 'journal.db');
  const journal = await openTestJournal(path);
  await appendAll(journal, hits(10));
  expect(await journal.forwardedPlaces()).toEqual({ through: 0, partitions: [], isNew: true });
  await journal.forward(6, [
    { partition: 3, place: 5 },
    { partition: 9, place: 6 },
  ]);
  await journal.close();
  const again = await openTestJournal(path);
  expect(again.counts()).toEqual(countsWith({ received: 10, journalled: 4, forwarded: 6 }));
  await again.forward(8, [{ partition: 3, place: 8 }]);
  await again.prune(9);
  expect(await again.forwardedPlaces()).toEqual({
    through: 9,
    partitions: [
      { partition: 3, place: 8 },
      { partition: 9, place: 6 },
    ],
    isNew: false,
  });
  expect(again.counts()).toEqual(countsWith({ received: 10, journalled: 1, forwarded: 8, settled: 1 }));
  expect(accountedFor(again.counts())).toBe(10);
  expect((await entriesOf(again)).map(({ seq }) => seq)).toEqual([10]);
});

it('opens a file that was made before anything was forwarded', async () => {
  const path = join(temporaryDirectory(), 'journal.db');
  const journal = await openTestJournal(path);
  await appendAll(journal, hits(2));
  await journal.close();
  const file = new Database(path);
  file.exec('DROP TABLE forwarded; DROP TABLE forwarded_places');
  file.close();
  const again = await openTestJournal(path);
  await again.forward(2, [{ partition: 0, place: 2 }]);
  expect(again.counts()).toEqual(countsWith({ received: 2, forwarded: 2 }));
});
