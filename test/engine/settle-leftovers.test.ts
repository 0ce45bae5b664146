import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { settleLeftovers } from '../../src/engine/settle-leftovers.ts';
import { openJournal } from '../../src/journal/open-journal.ts';
import { sumJournals } from '../../src/journal/sum-journals.ts';
import { startTestEngine } from '../support/engines.ts';
import { makeHit } from '../support/hits.ts';
import { accountedFor, appendAll, countsWith } from '../support/journals.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Leaves a journal of so many hits behind. */
async function leave(directory: string, name: string, count: number): Promise<void> {
  const journal = await openJournal(join(directory, name));
  await appendAll(
    journal,
    Array.from({ length: count }, () => makeHit()),
  );
  await journal.close();
}

it('settles each journal that nobody collects into until it is empty, then lets go of it; the account goes on', async () => {
  const directory = temporaryDirectory();
  for (const [name, count] of [
    ['journal.db', 3],
    ['journal-2.db', 4],
    ['journal-64.db', 0],
    ['journal-1.db', 9],
    ['my-journal-1.db', 9],
  ] as const) {
    await leave(directory, name, count);
  }
  writeFileSync(join(directory, 'journal-7.db'), 'no journal at all, but a note of somebody '.repeat(9));
  const { engine, problems } = await startTestEngine(directory);
  const told: unknown[] = [];
  const leftovers = await settleLeftovers({
    ...{ engine, directory, inUse: ['journal-1.db'] },
    onProblem: (error) => told.push(error),
  });
  onTestFinished(() => leftovers.close());
  const account = sumJournals(leftovers.journals);
  await expect.poll(() => account.counts()).toEqual(countsWith({ received: 7, settled: 7 }));
  expect(accountedFor(account.counts())).toBe(7);
  expect((await engine.store.countsOf('spring-sale')).find(({ label }) => label === 'all')?.total).toBe(7);
  expect(told.map(String)).toEqual([expect.stringContaining('journal-7.db should be a journal')]);
  // Another may have it now.
  await expect
    .poll(() =>
      openJournal(join(directory, 'journal-2.db')).then((journal) => journal.close().then(() => 'taken'), String),
    )
    .toBe('taken');
  expect(problems).toEqual([]);
});

it('refuses to begin while another process collects into one of them, and lets go of the others', async () => {
  const directory = temporaryDirectory();
  await leave(directory, 'journal-1.db', 1);
  const other = await openJournal(join(directory, 'journal-2.db'));
  onTestFinished(() => other.close());
  const { engine } = await startTestEngine(directory);
  const starting = settleLeftovers({ engine, directory, inUse: ['journal.db'], onProblem: () => undefined });
  await expect(starting).rejects.toMatchObject({ code: 'JOURNAL_IN_USE' });
  await (await openJournal(join(directory, 'journal-1.db'))).close();
});
