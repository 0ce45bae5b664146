// Retention in a server: through the thread that writes, beside settling, and in another process beside it.
import { describe, expect, it } from 'vitest';
import { DEFAULT_RETENTION } from '../../src/retain/age.ts';
import { addRemoved, NOTHING_REMOVED, retain } from '../../src/retain/retain.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { startTestEngine } from '../support/engines.ts';
import { makeHit } from '../support/hits.ts';
import { appendAll, countsWith } from '../support/journals.ts';
import { rowsOf } from '../support/stores.ts';

const DAY = 86_400_000;
const opens = (count: number, atMs: number, agent: string) =>
  Array.from({ length: count }, () => makeHit({ atMs, headers: { 'user-agent': agent } }));

async function removedFrom(store: Store) {
  let removed = NOTHING_REMOVED;
  const doubt = await retain({
    ...{ store, policy: DEFAULT_RETENTION, now: Date.now },
    onStep(step) {
      removed = addRemoved(removed, step);
    },
  });
  return { removed, doubt };
}

describe.each(['through the engine', 'in another process'])('retention %s', (where) => {
  it('goes on beside settling: what is old goes, what comes is settled, and all is counted', async () => {
    const { engine, path, problems, addJournal } = await startTestEngine();
    const { journal, settler } = await addJournal('journal.db');
    const now = Date.now();
    await appendAll(journal, [...opens(6_000, now - 31 * DAY, 'old'), ...opens(3_000, now - 400 * DAY, 'older')]);
    await appendAll(journal, opens(1, now, 'new'));
    await settler.settleNow();
    const store = where === 'in another process' ? await openStore(`sqlite:${path}`) : engine.store;
    const retaining = removedFrom(store);
    await appendAll(journal, [...opens(500, now, 'new'), ...opens(500, now - 32 * DAY, 'old')]);
    await settler.settleNow();
    const first = await retaining;
    const second = await removedFrom(store);
    if (store !== engine.store) await store.close();
    expect([first.doubt, second.doubt]).toEqual([undefined, undefined]);
    const { signals, events } = addRemoved(first.removed, second.removed);
    expect({ signals, events }).toEqual({ signals: 6_500, events: 3_000 });
    expect(
      rowsOf(path, 'SELECT text, count(*) AS rows FROM events JOIN texts ON texts.key = agent_key GROUP BY text'),
    ).toEqual([
      { text: '', rows: 6_500 },
      { text: 'new', rows: 501 },
    ]);
    expect(rowsOf(path, "SELECT text FROM texts WHERE text LIKE 'old%'")).toEqual([]);
    expect(await engine.store.countsOf('spring-sale')).toContainEqual(
      expect.objectContaining({ label: 'all', total: 10_001 }),
    );
    expect(journal.counts()).toEqual(countsWith({ received: 10_001, settled: 10_001 }));
    expect(problems).toEqual([]);
  }, 60_000);
});
