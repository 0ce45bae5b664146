import { describe, expect, it } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { judgeHits } from '../../src/settle/judge-hits.ts';
import { COUNT_LABELS, codeOf } from '../../src/store/codes.ts';
import { COUNTS, LINK_COUNTS, QUARTERS } from '../support/count-queries.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { allRows, openTestStore, rowsOf, settleHits } from '../support/stores.ts';
import { isOnDisk } from '../support/temporary.ts';

const QUARTER_MS = 900_000;

const STATE_TABLES = ['events', 'states', 'link_states', 'counts', 'link_counts', 'quarter_counts', 'unsubscribes'];

describe('settle', () => {
  it('keeps how often each recipient opened and clicked by label, and when first and last', async () => {
    const { store, path } = await openTestStore();
    const link = makeLink();
    await settleHits(store, [makeHit({ atMs: startMs + 30 }), makeHit({ atMs: startMs + 10, from: CLIENTS.proxy })]);
    await settleHits(store, [
      makeHit({ atMs: startMs + 20 }),
      makeHit({ link, from: CLIENTS.head }),
      makeHit({ recipient: 'r2' }),
    ]);
    const none = { human: 0, proxy_human: 0, prefetch: 0, scanner: 0, preview: 0, unknown: 0 };
    const at = (first: number, last: number) => ({ first_at_ms: startMs + first, last_at_ms: startMs + last });
    expect(
      rowsOf(
        path,
        `SELECT id, kinds.name AS kind, human, proxy_human, prefetch, scanner, preview, unknown,
           first_at_ms, first_at_ms + span_ms AS last_at_ms
         FROM states JOIN recipients ON recipients.key = recipient_key JOIN kinds ON kinds.code = kind
         ORDER BY id, kinds.code`,
      ),
    ).toEqual([
      { id: 'r1', kind: 'open', ...none, human: 2, proxy_human: 1, ...at(10, 30) },
      { id: 'r1', kind: 'click', ...none, scanner: 1, ...at(0, 0) },
      { id: 'r2', kind: 'open', ...none, human: 1, ...at(0, 0) },
    ]);
  });

  it('counts a recipient once in each label, once among all and once among people', async () => {
    const { store, path } = await openTestStore();
    const { reader, proxy, speculative } = CLIENTS;
    await settleHits(
      store,
      [reader, proxy, speculative, reader].map((from) => makeHit({ from })),
    );
    await settleHits(
      store,
      [proxy, speculative, speculative].map((from) => makeHit({ from })),
    );
    expect(rowsOf(path, `${COUNTS} 'spring-sale' ORDER BY label`)).toEqual([
      { kind: 'open', label: 'all', total: 7, recipients: 1, anonymous: 0 },
      { kind: 'open', label: 'human', total: 2, recipients: 1, anonymous: 0 },
      { kind: 'open', label: 'people', total: 4, recipients: 1, anonymous: 0 },
      { kind: 'open', label: 'prefetch', total: 3, recipients: 1, anonymous: 0 },
      { kind: 'open', label: 'proxy-human', total: 2, recipients: 1, anonymous: 0 },
    ]);
  });

  it('counts totals by the UTC quarter hour in which a hit came', async () => {
    const { store, path } = await openTestStore();
    const offsets = [0, QUARTER_MS - 1, QUARTER_MS, 3 * QUARTER_MS + 1];
    await settleHits(
      store,
      offsets.map((offset) => makeHit({ atMs: startMs + offset })),
    );
    const first = startMs / QUARTER_MS;
    expect(rowsOf(path, `${QUARTERS} 'spring-sale' ORDER BY quarter`)).toEqual([
      { quarter: first, kind: 'open', label: 'human', total: 2 },
      { quarter: first + 1, kind: 'open', label: 'human', total: 1 },
      { quarter: first + 3, kind: 'open', label: 'human', total: 1 },
    ]);
  });

  const batch = () => [
    makeHit(),
    makeHit({ link: makeLink() }),
    makeHit({ kind: 'unsubscribe', method: 'POST' }),
    makeHit({ recipient: 'r2', test: true }),
  ];

  it('changes nothing but the place for hits that come again from another journal', async () => {
    const { store, path } = await openTestStore();
    const hits = batch();
    await settleHits(store, hits, 'one');
    const before = allRows(path, 'journals');
    await settleHits(store, hits, 'other');
    expect(allRows(path, 'journals')).toEqual(before);
    expect(before['events']).toHaveLength(4);
    expect(await Promise.all(['one', 'other'].map((id) => store.settledThrough(id)))).toEqual([4, 4]);
  });

  it('changes nothing for a batch that comes again, not even for hits without a recipient', async () => {
    const { store, path } = await openTestStore();
    const hits = judgeHits([...batch(), makeHit({ recipient: null, level: 'aggregate' })]);
    await store.settle({ journal: 'j', after: 0, through: 5, hits });
    const before = allRows(path);
    await store.settle({ journal: 'j', after: 0, through: 5, hits });
    await store.settle({ journal: 'j', after: 0, through: 3, hits: hits.slice(0, 3) });
    expect(allRows(path)).toEqual(before);
  });

  it.each([
    ['overlaps what is settled', 0],
    ['leaves a gap behind what is settled', 3],
  ])('refuses a batch that %s, and changes nothing', async (_, after) => {
    const { store, path } = await openTestStore();
    await store.settle({ journal: 'j', after: 0, through: 2, hits: judgeHits([makeHit(), makeHit()]) });
    const before = allRows(path);
    const hits = judgeHits([makeHit(), makeHit()]);
    await expect(store.settle({ journal: 'j', after, through: 4, hits })).rejects.toThrow('stands at 2');
    expect(allRows(path)).toEqual(before);
  });

  it('counts a hit once that stands twice in one batch', async () => {
    const { store } = await openTestStore();
    const hit = makeHit();
    await settleHits(store, [hit, hit, hit]);
    expect(await store.countsOf('spring-sale')).toContainEqual(
      expect.objectContaining({ label: 'all', total: 1, recipients: 1 }),
    );
  });

  it('keeps of an aggregate hit its counts, and its recipient nowhere', async () => {
    const { store, path, directory } = await openTestStore();
    const secret = { level: 'aggregate', recipient: 'anna-7c1f' } as const;
    await settleHits(store, [
      makeHit(secret),
      makeHit({ ...secret, link: makeLink(), headers: { ...CLIENTS.reader.headers, 'user-agent': 'rare-agent/1' } }),
      makeHit({ ...secret, kind: 'unsubscribe' }),
    ]);
    expect(JSON.stringify(allRows(path))).not.toMatch(/anna-7c1f|rare-agent/);
    expect(isOnDisk(directory, 'anna-7c1f')).toBe(false);
    expect(isOnDisk(directory, 'spring-sale')).toBe(true);
    const rows = allRows(path);
    expect([rows['events'], rows['states'], rows['link_states'], rows['recipients']]).toEqual([[], [], [], []]);
    expect(rowsOf(path, `${COUNTS} 'spring-sale' AND label = 'all' ORDER BY kind`)).toEqual([
      { kind: 'click', label: 'all', total: 1, recipients: 0, anonymous: 1 },
      { kind: 'open', label: 'all', total: 1, recipients: 0, anonymous: 1 },
    ]);
    expect(rowsOf(path, `${LINK_COUNTS} 'spring-sale'`)).toEqual([
      { link_index: 0, destination: 'https://example.com/', total: 1, recipients: 0, people: 0 },
    ]);
  });

  it('keeps a hit that came again as an event, in no count', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit(), makeHit({ link: makeLink() })]);
    const { events: _, ...before } = allRows(path, 'journals', 'kept_peers');
    await settleHits(store, [
      makeHit({ repeat: true, peer: 'ffffffffffffffff' }),
      makeHit({ repeat: true, link: makeLink() }),
      makeHit({ repeat: true, recipient: null, level: 'aggregate' }),
    ]);
    const { events, ...after } = allRows(path, 'journals', 'kept_peers');
    expect(after).toEqual(before);
    expect(events).toHaveLength(4);
    expect(rowsOf(path, 'SELECT hex(peer) AS peer FROM events WHERE repeat = 1 AND peer IS NOT NULL')).toEqual([
      { peer: 'FFFFFFFFFFFFFFFF' },
    ]);
  });

  it('refuses for good what does not fit, keeps nothing of it, and takes the next batch', async () => {
    const { store, path } = await openTestStore();
    const before = allRows(path);
    const misfit = { ...makeHit({ message: 'new', from: CLIENTS.proxy }), method: null } as unknown as Hit;
    await expect(settleHits(store, [makeHit({ message: 'new' }), misfit])).rejects.toMatchObject({
      code: 'REFUSED_HITS',
    });
    expect(allRows(path)).toEqual(before);
    await settleHits(store, [makeHit({ message: 'new' })]);
    expect(await store.countsOf('new')).toContainEqual(expect.objectContaining({ label: 'all', total: 1 }));
    expect(rowsOf(path, 'SELECT count(*) AS joined FROM events JOIN texts ON texts.key = agent_key')).toEqual([
      { joined: 1 },
    ]);
  });

  it('keeps test hits as events and counts them apart', async () => {
    const { store, path } = await openTestStore();
    const test = { test: true } as const;
    await settleHits(store, [
      makeHit(test),
      makeHit({ ...test, link: makeLink() }),
      makeHit({ ...test, kind: 'unsubscribe' }),
      makeHit({ ...test, level: 'aggregate', recipient: null }),
    ]);
    const { events, counts, ...others } = Object.fromEntries(STATE_TABLES.map((name) => [name, allRows(path)[name]]));
    expect(events?.map((row) => row['test'])).toEqual([1, 1, 1]);
    // Apart from all other counts.
    expect(counts?.map(({ label, total }) => [label, total])).toEqual(
      [2, 1].map((total) => [codeOf(COUNT_LABELS, 'test'), total]),
    );
    expect(Object.values(others)).toEqual(Object.keys(others).map(() => []));
  });

  it('keeps the first unsubscribe of a recipient and counts it neither as open nor as click', async () => {
    const { store, path } = await openTestStore();
    const leaving = (recipient: string, atMs: number) => makeHit({ kind: 'unsubscribe', recipient, atMs });
    await settleHits(store, [leaving('r1', startMs + 1), leaving('r2', startMs + 2)]);
    await settleHits(store, [leaving('r1', startMs + 9)]);
    expect(
      rowsOf(path, 'SELECT id, at_ms FROM unsubscribes JOIN recipients ON key = recipient_key ORDER BY id'),
    ).toEqual([
      { id: 'r1', at_ms: startMs + 1 },
      { id: 'r2', at_ms: startMs + 2 },
    ]);
    expect(await store.countsOf('spring-sale')).toEqual([]);
    expect(await store.findMessage('spring-sale')).toMatchObject({ unsubscribes: 2, sent: 0 });
  });

  it('keeps the kind of network of each hit, and counts those that hide their reader', async () => {
    const { store, path } = await openTestStore();
    const agent = { headers: { 'user-agent': 'Amazon CloudFront' } };
    const hits = [
      ...[makeHit({ network: 'apple-relay' }), makeHit({ network: 'cdn' }), makeHit({ network: 'google', ...agent })],
      ...[makeHit({ network: 'cdn', recipient: null, level: 'aggregate' }), makeHit({ network: 'cdn', test: true })],
      makeHit({ network: 'cdn', kind: 'unsubscribe' }),
    ];
    await settleHits(store, hits);
    await settleHits(store, hits.slice(0, 3), 'another');
    const networks = 'SELECT name FROM events JOIN networks ON networks.code = network ORDER BY hit_id';
    expect(rowsOf(path, networks).map((row) => row['name'])).toEqual(['apple-relay', 'cdn', 'google', 'cdn', 'cdn']);
    expect(await store.findMessage('spring-sale')).toMatchObject({ hidden: 3 });
  });

  it('takes a batch of more hits than one statement holds', async () => {
    const { store } = await openTestStore();
    const hits = Array.from({ length: 1_300 }, (_, at) => makeHit({ recipient: `r${at}`, link: makeLink() }));
    await settleHits(store, hits);
    expect(await store.countsOf('spring-sale')).toContainEqual(
      expect.objectContaining({ kind: 'click', label: 'all', total: 1_300, recipients: 1_300 }),
    );
  });

  it('tells ids apart that differ in case, in normal form or in blanks', async () => {
    const { store } = await openTestStore();
    const recipients = ['é', 'e\u0301', 'É', 'a', 'A', 'a ', ' a', '1', '01', '1.0'];
    await settleHits(
      store,
      recipients.map((recipient) => makeHit({ recipient })),
    );
    expect(await store.countsOf('spring-sale')).toContainEqual(
      expect.objectContaining({ label: 'all', recipients: recipients.length }),
    );
  });
});
