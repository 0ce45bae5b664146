import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { judgeHits } from '../../src/settle/judge-hits.ts';
import { makeRepeats } from '../../src/settle/repeats.ts';
import type { Repeats } from '../../src/settle/settler.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { openTestStore, rowsOf } from '../support/stores.ts';
import { thrownBy } from '../support/thrown.ts';

const WINDOW_MS = 10_000;
const peer = '0123456789abcdef';

const again = (afterMs: number, of: Partial<Hit> = {}) => makeHit({ peer, ...of, atMs: startMs + afterMs });

async function settleMarked(store: Store, repeats: Repeats | undefined, hits: readonly Hit[]): Promise<void> {
  const judged = judgeHits(hits);
  const after = await store.settledThrough('journal');
  const marked = (await repeats?.mark(judged)) ?? judged;
  await store.settle({ journal: 'journal', after, through: after + 1, hits: marked });
}

async function open(windowMs = WINDOW_MS) {
  const { store, path } = await openTestStore();
  return { store, path, repeats: makeRepeats({ windowMs, source: store }) };
}

const repeatsAmong = async (repeats: Repeats, hits: readonly Hit[]) =>
  (await repeats.mark(judgeHits(hits))).map(({ hit }) => hit.repeat);

describe('a request that comes again', () => {
  it('is kept and in no total; the window begins with the one that counted, and ends before its last millisecond', async () => {
    const { store, path, repeats } = await open();
    await settleMarked(store, repeats, [again(0), again(4_000), again(9_999), again(10_000), again(19_999)]);
    const kept = rowsOf(path, 'SELECT repeat FROM events ORDER BY hit_id').map(({ repeat }) => repeat);
    expect(kept).toEqual([0, 1, 1, 0, 1]);
    expect(await store.countsOf('spring-sale')).toContainEqual(
      expect.objectContaining({ label: 'all', total: 2, recipients: 1 }),
    );
  });

  it('is known after a restart, too, when what other hits said has changed the verdict of the first', async () => {
    const { store, path, repeats } = await open();
    const clicks = [0, 1, 2].map((index) => again(index, { link: makeLink({ index, count: 4 }) }));
    await settleMarked(store, repeats, clicks);
    expect(
      rowsOf(path, "SELECT 1 FROM events JOIN verdicts ON key = verdict_key WHERE reasons LIKE 'burst %'"),
    ).toHaveLength(3);
    const restarted = makeRepeats({ windowMs: WINDOW_MS, source: store });
    expect(await repeatsAmong(restarted, [again(9_000, { link: makeLink({ index: 1, count: 4 }) })])).toEqual([true]);
  });

  const link = makeLink();
  it.each<[string, Partial<Hit>, Partial<Hit>]>([
    ['another recipient', {}, { recipient: 'r2' }],
    ['another message', {}, { message: 'other' }],
    ['test traffic', {}, { test: true }],
    ['a click after an open', {}, { link, kind: 'click' }],
    ['another link', { link }, { link: makeLink({ index: 1 }) }],
    ['the link with another destination', { link }, { link: makeLink({ destination: 'https://other.example/' }) }],
    ['another place', {}, { peer: 'ffffffffffffffff' }],
    ['another method', {}, { method: 'HEAD' }],
    ['another user agent', {}, { headers: { ...CLIENTS.reader.headers, 'user-agent': 'Mozilla/5.0 Thunderbird/128' } }],
    ['a person after a program with the same name', { headers: CLIENTS.speculative.headers }, {}],
    ['anybody of an unknown place', { peer: null }, { peer: null }],
    ['anybody without a name', { recipient: null, level: 'aggregate' }, { recipient: null, level: 'aggregate' }],
    ['the way out', { kind: 'unsubscribe' }, { kind: 'unsubscribe' }],
  ])('is not %s', async (_, one, other) => {
    const { repeats } = await open();
    expect(await repeatsAmong(repeats, [again(0, one), again(1, other)])).toEqual([false, false]);
    expect(await repeatsAmong(repeats, [again(2, one), again(3, other)])).toEqual(
      ['anybody', 'the way out'].some((never) => _.startsWith(never)) ? [false, false] : [true, true],
    );
  });

  it('is the later one by its time, in whatever order a batch has them, and across batches', async () => {
    const { repeats } = await open();
    expect(await repeatsAmong(repeats, [again(5_000), again(0)])).toEqual([true, false]);
    expect(await repeatsAmong(repeats, [again(9_000)])).toEqual([true]);
  });

  it('is the earlier one, when it comes late through another journal and the later one counts already', async () => {
    const { repeats } = await open();
    expect(await repeatsAmong(repeats, [again(5_000)])).toEqual([false]);
    expect(await repeatsAmong(repeats, [again(0), again(-5_000)])).toEqual([true, false]);
  });

  it('is judged the same when a batch that failed comes once more, with others', async () => {
    const { repeats } = await open();
    const batch = [again(0), again(1_000), again(10_000)];
    expect(await repeatsAmong(repeats, batch)).toEqual([false, true, false]);
    expect(await repeatsAmong(repeats, [...batch, again(2_000)])).toEqual([false, true, false, true]);
  });

  it('is known after a restart, as long as the peer is', async () => {
    const { store, repeats } = await open();
    await settleMarked(store, repeats, [again(0, { link }), again(0), again(20_000), again(20_001)]);
    const restarted = makeRepeats({ windowMs: WINDOW_MS, source: store });
    expect(await repeatsAmong(restarted, [again(5_000, { link }), again(25_000), again(30_000)])).toEqual([
      true,
      true,
      false,
    ]);
    await store.forgetPeers(startMs + 60_000);
    const later = makeRepeats({ windowMs: WINDOW_MS, source: store });
    expect(await repeatsAmong(later, [again(5_001, { link })])).toEqual([false]);
  });

  it('changes no unique count, and leaves no two that count closer than the window, whatever comes when', async () => {
    const plan = fc.record({
      at: fc.nat(40),
      recipient: fc.nat(1),
      from: fc.constantFrom('reader', 'speculative', 'proxy' as const),
      place: fc.nat(1),
      isClick: fc.boolean(),
      endsBatch: fc.boolean(),
    });
    const { store, path, repeats } = await open();
    const plain = await openTestStore();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 30, size: 'max' }), async (plans) => {
        run += 1;
        const message = `run-${run}`;
        const batches: Hit[][] = [[]];
        for (const { at, recipient, from, place, isClick, endsBatch } of plans) {
          const of = { message, recipient: `r${recipient}`, link: isClick ? link : null, from: CLIENTS[from] };
          batches.at(-1)?.push(makeHit({ ...of, atMs: startMs + at * 1_000, peer: `000000000000000${place}` }));
          if (endsBatch) batches.push([]);
        }
        for (const batch of batches) {
          await settleMarked(store, repeats, batch);
          await settleMarked(plain.store, undefined, batch);
        }
        const uniques = async (of: Store) =>
          (await of.countsOf(message)).map(({ kind, label, recipients }) => `${kind} ${label} ${recipients}`).sort();
        expect(await uniques(store)).toEqual(await uniques(plain.store));
        for (const times of requestsIn(path, message)) {
          const counted = times.filter(({ repeat }) => repeat === 0);
          const isNear = (one: Settled, other: Settled) => one !== other && Math.abs(one.atMs - other.atMs) < WINDOW_MS;
          expect(counted.some((one) => counted.some((other) => isNear(one, other)))).toBe(false);
          const repeated = times.filter(({ repeat }) => repeat === 1);
          expect(repeated.every((one) => counted.some((other) => isNear(one, other)))).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

interface Settled {
  readonly atMs: number;
  readonly repeat: unknown;
}

/** The events of each request of a message. */
function requestsIn(path: string, message: string): readonly (readonly Settled[])[] {
  const groups = new Map<string, Settled[]>();
  const rows = rowsOf(
    path,
    `SELECT hex(hit_id) AS id, repeat, hex(recipient_key) || kind || verdict_key || agent_key || hex(peer) AS request
     FROM events JOIN messages ON messages.key = message_key WHERE messages.id = '${message}'`,
  );
  for (const { id, repeat, request } of rows) {
    const settled = { atMs: Number.parseInt(String(id).slice(0, 12), 16), repeat };
    groups.set(String(request), [...(groups.get(String(request)) ?? []), settled]);
  }
  return [...groups.values()];
}

describe('the window for repeats', () => {
  it.each([-1, 0.5, Number.NaN, 900_001])('is not %s', async (windowMs) => {
    const { store } = await openTestStore();
    expect(thrownBy(() => makeRepeats({ windowMs, source: store })).code).toBe('INVALID_OPTION');
  });
});
