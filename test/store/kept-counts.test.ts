// The counts that reports read, against a plain recount of the hits they came from.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSENT_LEVELS, type Hit, type Label, PEOPLE } from '../../src/base/nouns.ts';
import { codeOf, LEVELS, NETWORKS } from '../../src/store/codes.ts';
import type { Store } from '../../src/store/open-store.ts';
import { COUNTS, LINK_COUNTS, QUARTERS } from '../support/count-queries.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const QUARTER_MS = 900_000;

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

describe('what a message keeps of its sends and of who left by it', () => {
  it('equals a recount of the rows, however they came', async () => {
    const { store, path } = await openTestStore();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        run += 1;
        const message = `run-${run}`;
        for (const { sends, leaving } of steps) {
          await store.recordSends(message, sends);
          const hits = leaving.map((of) => makeHit({ message, kind: 'unsubscribe', ...of }));
          await settleHits(store, hits);
        }
        const [recounted] = rowsOf(path, `${RECOUNT} WHERE messages.id = '${message}'`);
        expect(await store.findMessage(message)).toEqual(recounted);
      }),
      { numRuns: 60 },
    );
  });

  it('is read from one row, whatever was sent', async () => {
    const { store, path } = await openTestStore();
    await store.recordSends('spring-sale', [{ recipient: 'r1', atMs: startMs }]);
    changeFile(path, 'DELETE FROM sends');
    expect(await store.findMessage('spring-sale')).toMatchObject({ sent: 1, firstSentAtMs: startMs });
  });
});

const consentLevel = fc.constantFrom(...CONSENT_LEVELS);

/** Sends of one call, some of them to one recipient, and who left after it. */
const step = fc.record({
  sends: fc.array(
    fc.record({
      recipient: fc.nat(9).map((number) => `r${number}`),
      atMs: fc.nat(1_000_000),
      consent: fc.option(fc.record({ opens: consentLevel, clicks: consentLevel }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  leaving: fc.array(fc.record({ recipient: fc.nat(3).map((number) => `r${number}`), test: fc.boolean() }), {
    maxLength: 3,
  }),
});

const RECOUNT = `SELECT id, name,
  (SELECT count(*) FROM sends WHERE message_key = messages.key) AS sent,
  (SELECT min(at_ms) FROM sends WHERE message_key = messages.key) AS firstSentAtMs,
  (SELECT count(*) FROM sends WHERE message_key = messages.key AND opens = ${codeOf(LEVELS, 'individual')}) AS measurableOpens,
  (SELECT count(*) FROM sends WHERE message_key = messages.key AND clicks = ${codeOf(LEVELS, 'individual')}) AS measurableClicks,
  (SELECT count(*) FROM unsubscribes WHERE message_key = messages.key) AS unsubscribes,
  (SELECT count(*) FROM events WHERE message_key = messages.key AND network = ${codeOf(NETWORKS, 'cdn')} AND kind < 2) AS hidden,
  NULL AS cost, NULL AS currency,
  (SELECT count(*) FROM deliveries WHERE message_key = messages.key AND state = 0) AS delivered,
  (SELECT count(*) FROM deliveries WHERE message_key = messages.key AND state = 1) AS bounces,
  (SELECT count(complained_at_ms) FROM deliveries WHERE message_key = messages.key) AS complaints
  FROM messages`;

interface Plan {
  readonly message: number;
  readonly recipient: number | null;
  readonly level: 'individual' | 'aggregate';
  readonly client: keyof typeof CLIENTS;
  readonly link: { readonly index: number; readonly destination: number } | null;
  readonly minute: number;
  readonly test: boolean;
  readonly again: boolean;
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
  again: fc.constantFrom(false, false, false, false, true),
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
    repeat: plan.again,
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
    const own = traffic.filter(({ plan }) => plan.message === message && !plan.again);
    const counted = own.filter(({ plan }) => !plan.test);
    const tests = own.filter(({ plan }) => plan.test);
    return [[...countRows(counted), ...testRows(tests)], linkRows(counted), quarterRows(counted)].map(inOrder);
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

/** Test traffic stands apart. */
function testRows(hits: readonly Coming[]): readonly Row[] {
  return ['open', 'click'].flatMap((kind): readonly Row[] => {
    const total = hits.filter((coming) => kindOf(coming) === kind).length;
    return total === 0 ? [] : [[kind, 'test', total, 0, 0]];
  });
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
