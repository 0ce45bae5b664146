// A process that collects and settles is killed. Every hit that it acknowledged is in the store once the next one has
// settled the rest, once, and the account of the journal is right.
import { describe, expect, it } from 'vitest';
import { acknowledgedBefore } from '../support/acknowledged.ts';
import { startTestEngine } from '../support/engines.ts';
import { accountedFor } from '../support/journals.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const script = new URL('../support/settle-hits.ts', import.meta.url);

describe('an engine whose process is killed', () => {
  it.each([1, 1_000, 8_000])(
    'leaves every hit that was acknowledged before kill -9 at %i to be settled once',
    async (count) => {
      const directory = temporaryDirectory();
      const acknowledged = await acknowledgedBefore(count, script, [directory]);
      const { engine, path, addJournal, problems } = await startTestEngine(directory);
      const { journal, settler } = await addJournal('journal.db');
      await settler.settleNow();
      const settled = rowsOf(path, 'SELECT lower(hex(hit_id)) AS id FROM events').map(({ id }) => String(id));
      const known = new Set(settled);
      expect(acknowledged.filter((id) => !known.has(id))).toEqual([]);
      expect(known.size).toBe(settled.length);
      const all = (await engine.store.countsOf('spring-sale')).find(({ label }) => label === 'all');
      expect(all?.total).toBe(settled.length);
      const counts = journal.counts();
      expect(counts).toMatchObject({ journalled: 0, settled: settled.length, received: settled.length });
      expect(accountedFor(counts)).toBe(counts.received);
      expect(problems).toEqual([]);
    },
    120_000,
  );
});
