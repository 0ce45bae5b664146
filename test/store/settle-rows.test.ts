import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hit, type Label, PEOPLE } from '../../src/base/nouns.ts';
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { allRows, judge, openTestStore, rowsOf, settleHits } from '../support/stores.ts';
import { isOnDisk } from '../support/temporary.ts';

const QUARTER_MS = 900_000;

const COUNTS = `SELECT kind, label, total, recipients, anonymous FROM counts
  JOIN messages ON messages.key = message_key WHERE id = `;
const LINK_COUNTS = `SELECT link_index, text AS destination, total, recipients, people FROM link_counts
  JOIN messages ON messages.key = message_key JOIN texts ON texts.key = destination_key WHERE id = `;
const QUARTERS = `SELECT quarter, kind, label, total FROM quarter_counts
  JOIN messages ON messages.key = message_key WHERE id = `;

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
        `SELECT id, kind, human, proxy_human, prefetch, scanner, preview, unknown, first_at_ms, last_at_ms
         FROM states JOIN recipients ON recipients.key = recipient_key ORDER BY id, kind DESC`,
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
    const hits = judge([...batch(), makeHit({ recipient: null, level: 'aggregate' })]);
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
    await store.settle({ journal: 'j', after: 0, through: 2, hits: judge([makeHit(), makeHit()]) });
    const before = allRows(path);
    const hits = judge([makeHit(), makeHit()]);
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

  it('keeps test hits as events and counts none of them', async () => {
    const { store, path } = await openTestStore();
    const test = { test: true } as const;
    await settleHits(store, [
      makeHit(test),
      makeHit({ ...test, link: makeLink() }),
      makeHit({ ...test, kind: 'unsubscribe' }),
      makeHit({ ...test, level: 'aggregate', recipient: null }),
    ]);
    const { events, ...others } = Object.fromEntries(STATE_TABLES.map((name) => [name, allRows(path)[name]]));
    expect(events?.map((row) => row['test'])).toEqual([1, 1, 1]);
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

describe('kept counts', () => {
  it('equal a recount of the hits, however they came: in whatever batches, from several journals, some of them twice', async () => {
    const { store, path } = await openTestStore();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(trafficOfHits, async (plans) => {
        run += 1;
        const traffic = plans.map(({ plan, repeats, ...rest }) => ({ hit: hitOf(plan, run), plan, repeats, ...rest }));
        for (const batch of batchesOf(traffic)) await settleHits(store, batch.hits, `${batch.journal}`);
        expect(keptCounts(path, run)).toEqual(recount(traffic));
      }),
      { numRuns: 60 },
    );
  });

  it('are the same for every order of the same hits', async () => {
    const stores: { readonly store: Store; readonly path: string }[] = [];
    for (let order = 0; order < 3; order += 1) stores.push(await openTestStore());
    const hits = Array.from({ length: 60 }, (_, at) =>
      makeHit({
        recipient: `r${at % 7}`,
        atMs: startMs + at * 60_000,
        from: Object.values(CLIENTS)[at % 6] ?? CLIENTS.reader,
        link: at % 3 === 0 ? makeLink({ index: at % 2 }) : null,
      }),
    );
    const orders = [hits, [...hits].reverse(), hits.map((_, at) => hits[(at * 17) % 60] ?? makeHit())];
    for (const [position, { store }] of stores.entries()) await settleHits(store, orders[position] ?? []);
    const [first, ...others] = stores.map(({ path }) =>
      [COUNTS, LINK_COUNTS, QUARTERS].map((sql) => rowsOf(path, `${sql} 'spring-sale' ORDER BY 1, 2, 3`)),
    );
    expect(first?.[0]?.length).toBeGreaterThan(8);
    for (const other of others) expect(other).toEqual(first);
  });
});

interface Plan {
  readonly message: number;
  readonly recipient: number | null;
  readonly level: 'individual' | 'aggregate';
  readonly client: keyof typeof CLIENTS;
  readonly link: { readonly index: number; readonly destination: number } | null;
  readonly minute: number;
  readonly test: boolean;
}

const MESSAGES = [0, 1];
const CLIENT_NAMES = Object.keys(CLIENTS) as (keyof typeof CLIENTS)[];

const hitPlan: fc.Arbitrary<Plan> = fc.record({
  message: fc.constantFrom(...MESSAGES),
  recipient: fc.option(fc.nat(2), { freq: 6 }),
  level: fc.constantFrom('individual', 'individual', 'individual', 'aggregate'),
  client: fc.constantFrom('reader', 'reader', ...CLIENT_NAMES),
  link: fc.option(fc.record({ index: fc.nat(1), destination: fc.nat(1) }), { freq: 2 }),
  minute: fc.nat(40),
  test: fc.constantFrom(false, false, false, false, true),
});

/** Hits in the order in which they come: each with its journal, where its batch ends, and whether it comes again. */
const trafficOfHits = fc.array(
  fc.record({ plan: hitPlan, journal: fc.nat(1), endsBatch: fc.boolean(), repeats: fc.boolean() }),
  { maxLength: 60, size: 'max' },
);

interface Coming {
  readonly hit: Hit;
  readonly plan: Plan;
  readonly journal: number;
  readonly endsBatch: boolean;
  readonly repeats: boolean;
}

function hitOf(plan: Plan, run: number): Hit {
  const { index, destination } = plan.link ?? { index: 0, destination: 0 };
  return makeHit({
    message: `run-${run}-${plan.message}`,
    recipient: plan.recipient === null ? null : `r${plan.recipient}`,
    level: plan.level,
    link: plan.link === null ? null : makeLink({ index, destination: `https://example.com/${destination}` }),
    atMs: startMs + plan.minute * 60_000,
    test: plan.test,
    from: CLIENTS[plan.client],
  });
}

/** Cuts what came into batches of one journal each; repeated hits come once more at the end, from the other journal. */
function batchesOf(traffic: readonly Coming[]): readonly { readonly journal: number; readonly hits: readonly Hit[] }[] {
  const batches: { journal: number; hits: Hit[] }[] = [];
  let open: { journal: number; hits: Hit[] } | undefined;
  const again = traffic
    .filter(({ hit, repeats }) => repeats && hit.level === 'individual' && hit.recipient !== null)
    .map((coming) => ({ ...coming, journal: 1 - coming.journal }));
  for (const { hit, journal, endsBatch } of [...traffic, ...again.reverse()]) {
    if (open === undefined || open.journal !== journal) {
      open = { journal, hits: [] };
      batches.push(open);
    }
    open.hits.push(hit);
    if (endsBatch) open = undefined;
  }
  return batches;
}

type Row = readonly (string | number)[];

/** The kept counts of a run, in one order. */
function keptCounts(path: string, run: number): readonly (readonly Row[])[] {
  return MESSAGES.flatMap((message) =>
    [COUNTS, LINK_COUNTS, QUARTERS].map((sql) =>
      inOrder(rowsOf(path, `${sql} 'run-${run}-${message}'`).map((row) => Object.values(row) as Row)),
    ),
  );
}

/** The same, counted plainly from the plans. */
function recount(traffic: readonly Coming[]): readonly (readonly Row[])[] {
  return MESSAGES.flatMap((message) => {
    const counted = traffic.filter(({ plan }) => plan.message === message && !plan.test);
    return [countRows(counted), linkRows(counted), quarterRows(counted)].map(inOrder);
  });
}

const kindOf = ({ plan }: Coming) => (plan.link === null ? 'open' : 'click');
const labelOf = (coming: Coming): Label => CLIENTS[coming.plan.client][kindOf(coming)];
const isPerson = (coming: Coming) => PEOPLE.has(labelOf(coming));
const recipientOf = ({ plan }: Coming) => (plan.level === 'aggregate' ? null : plan.recipient);

function recipientsOf(hits: readonly Coming[]): number {
  return new Set(hits.map(recipientOf).filter((recipient) => recipient !== null)).size;
}

function countRows(hits: readonly Coming[]): readonly Row[] {
  const labels = ['all', 'people', ...new Set(hits.map(labelOf))];
  const isOf = (coming: Coming, label: string) =>
    label === 'all' || label === labelOf(coming) || (label === 'people' && isPerson(coming));
  return ['open', 'click'].flatMap((kind) =>
    labels.flatMap((label): readonly Row[] => {
      const some = hits.filter((coming) => kindOf(coming) === kind && isOf(coming, label));
      const anonymous = some.filter((coming) => recipientOf(coming) === null).length;
      return some.length === 0 ? [] : [[kind, label, some.length, recipientsOf(some), anonymous]];
    }),
  );
}

function linkRows(hits: readonly Coming[]): readonly Row[] {
  return [0, 1].flatMap((index) =>
    [0, 1].flatMap((destination): readonly Row[] => {
      const some = hits.filter(({ plan }) => plan.link?.index === index && plan.link.destination === destination);
      const url = `https://example.com/${destination}`;
      const row = [index, url, some.length, recipientsOf(some), recipientsOf(some.filter(isPerson))];
      return some.length === 0 ? [] : [row];
    }),
  );
}

function quarterRows(hits: readonly Coming[]): readonly Row[] {
  const totals = new Map<string, number>();
  for (const coming of hits) {
    const quarter = startMs / QUARTER_MS + Math.floor(coming.plan.minute / 15);
    const name = `${quarter} ${kindOf(coming)} ${labelOf(coming)}`;
    totals.set(name, (totals.get(name) ?? 0) + 1);
  }
  return [...totals].map(([name, total]) => {
    const [quarter = '', kind = '', label = ''] = name.split(' ');
    return [Number(quarter), kind, label, total];
  });
}

function inOrder(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
