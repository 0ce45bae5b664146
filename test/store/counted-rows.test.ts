import { describe, expect, it } from 'vitest';
import { peerKeptMs, peersForgottenAtOnce } from '../../src/base/limits.ts';
import { startSettler } from '../../src/settle/settler.ts';
import type { Store } from '../../src/store/open-store.ts';
import { makeHit, startMs } from '../support/hits.ts';
import { appendAll, openTestJournal } from '../support/journals.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const peer = '0123456789abcdef';

const peersIn = (path: string) =>
  rowsOf(path, 'SELECT hex(hit_id) AS id FROM events WHERE peer IS NOT NULL ORDER BY hit_id').map(
    ({ id }) => Number.parseInt(String(id).slice(0, 12), 16) - startMs,
  );

async function forgetAll(store: Store, beforeMs: number): Promise<number> {
  for (let steps = 1; ; steps += 1) if (!(await store.forgetPeers(beforeMs))) return steps;
}

describe('forgetPeers', () => {
  it('forgets the peers of what came before a time, in every message, and those alone', async () => {
    const { store, path } = await openTestStore();
    const at = (ms: number, message: string) => makeHit({ peer, message, atMs: startMs + ms });
    await settleHits(store, [at(0, 'a'), at(10, 'a'), at(20, 'a'), at(5, 'b'), at(30, 'c')]);
    await forgetAll(store, startMs + 10);
    expect(peersIn(path)).toEqual([10, 20, 30]);
    await settleHits(store, [at(7, 'a'), at(8, 'd')]);
    await forgetAll(store, startMs + 11);
    expect(peersIn(path)).toEqual([20, 30]);
    await forgetAll(store, startMs + 31);
    expect(peersIn(path)).toEqual([]);
    expect(rowsOf(path, 'SELECT * FROM kept_peers')).toEqual([]);
    expect(rowsOf(path, 'SELECT count(*) AS events FROM events')).toEqual([{ events: 7 }]);
  });

  it('forgets many in steps, each of which lets others write', async () => {
    const { store, path } = await openTestStore();
    const hits = Array.from({ length: peersForgottenAtOnce + 5 }, (_, at) => makeHit({ peer, atMs: startMs + at }));
    await settleHits(store, hits);
    expect(await store.forgetPeers(startMs + hits.length)).toBe(true);
    expect(peersIn(path)).toHaveLength(5);
    expect(await forgetAll(store, startMs + hits.length)).toBe(2);
    expect(peersIn(path)).toEqual([]);
  });

  it('looks only at messages that have peers, and in them only from the first on', async () => {
    const { store, path } = await openTestStore();
    const plans = rowsOf(
      path,
      `EXPLAIN QUERY PLAN UPDATE events SET peer = NULL
       WHERE message_key = 1 AND hit_id >= x'00' AND hit_id < x'01' AND peer IS NOT NULL`,
    );
    expect(plans.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^SEARCH events USING PRIMARY KEY .*hit_id>/),
    ]);
    expect(await store.forgetPeers(startMs)).toBe(false);
  });

  it('is what a settler does when it looks, for all whose window has closed', async () => {
    const { store, directory, path } = await openTestStore();
    const journal = await openTestJournal(`${directory}/journal.db`);
    let nowMs = startMs;
    const onProblem = (error: unknown) => expect.unreachable(String(error));
    const settler = startSettler({ journal, store, onProblem, lookMs: 3_600_000, now: () => nowMs });
    await appendAll(journal, [makeHit({ peer, atMs: startMs }), makeHit({ peer, atMs: startMs + 60_000 })]);
    await settler.settleNow();
    expect(peersIn(path)).toEqual([0, 60_000]);
    nowMs += peerKeptMs;
    await settler.settleNow();
    expect(peersIn(path)).toEqual([0, 60_000]);
    nowMs += 60_000;
    await settler.settleNow();
    expect(peersIn(path)).toEqual([60_000]);
    await settler.stop();
  });
});
