import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextWindowMs, peerEventsMax } from '../../src/base/limits.ts';
import { type Hit, LABELS } from '../../src/base/nouns.ts';
import { classify } from '../../src/classify/classify.ts';
import { usageOf } from '../../src/classify/mail-clients.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { classifyHit } from '../../src/settle/judge-hits.ts';
import type { Store } from '../../src/store/open-store.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { hasPostgres } from '../support/postgres.ts';
import { openSideBySide } from '../support/side-by-side.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148';
const GMAIL = 'Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)';
const SLACK = 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)';
const OFFICE = 'Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Trident/7.0; ms-office)';

/** Hits of two mails, few people, addresses and agents in twenty minutes, so that all kinds of company arise. */
const anyHits: fc.Arbitrary<readonly Hit[]> = fc
  .array(
    fc.record({
      message: fc.constantFrom('a', 'b'),
      recipient: fc.integer({ min: 0, max: 2 }),
      kind: fc.constantFrom('open', 'click', 'click', 'click', 'unsubscribe'),
      index: fc.integer({ min: 0, max: 5 }),
      honeypot: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      peer: fc.constantFrom('00000000000000aa', '00000000000000bb', null),
      network: fc.constantFrom('unknown', 'microsoft', 'residential'),
      agent: fc.constantFrom(CHROME, IPHONE, OFFICE, GMAIL, SLACK),
      atMs: fc.oneof(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 1_200_000 })),
      speaks: fc.boolean(),
      isPlain: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((hits) => hits.map(toHit));

function toHit(of: {
  readonly message: string;
  readonly recipient: number;
  readonly kind: 'open' | 'click' | 'unsubscribe';
  readonly index: number;
  readonly honeypot: boolean;
  readonly peer: string | null;
  readonly network: Hit['network'];
  readonly agent: string;
  readonly atMs: number;
  readonly speaks: boolean;
  readonly isPlain?: boolean;
}): Hit {
  const { message, recipient, kind, index, honeypot, peer, network, agent, atMs, speaks, isPlain = false } = of;
  return {
    ...makeHit({ message, recipient: `r${recipient}`, kind, peer, network, atMs: startMs + atMs }),
    link:
      kind === 'click' ? makeLink({ index, count: 6, honeypot, destination: `https://example.com/${index}` }) : null,
    headers: {
      'user-agent': agent,
      ...(speaks ? { 'accept-language': 'de' } : {}),
      ...(isPlain ? { 'accept-encoding': 'gzip,deflate,br' } : {}),
    },
  };
}

/** The verdicts in a store, by the ids of the hits. */
function verdictsIn(path: string) {
  const rows = rowsOf(
    path,
    `SELECT lower(hex(hit_id)) AS id, l.name AS label, v.confidence, v.reasons FROM events e
      JOIN verdicts v ON v.key = e.verdict_key JOIN labels l ON l.code = v.label`,
  );
  return new Map(rows.map(({ id, label, confidence, reasons }) => [id, { label, confidence, reasons }]));
}

/** What the same hits are when all are known at once, their sends, and the name of an address. */
function verdictsOf(hits: readonly Hit[], sends: readonly PlannedSend[] = [], name?: PlannedName) {
  const sendOf = (hit: Hit) => sends.find((send) => send.message === hit.message && send.recipient === hit.recipient);
  const withSend = (hit: Hit) => {
    const { atMs, isTimed, domain } = sendOf(hit) ?? {};
    const host = hit.peer === NAMED_PEER && hit.network === 'unknown' ? name?.host : undefined;
    return { ...classifyHit(hit, host), sentAtMs: isTimed === true ? atMs : null, recipientDomain: domain };
  };
  const verdicts = classify(hits.map(withSend));
  return new Map(
    verdicts.map(({ id, label, confidence, reasons }) => [id, { label, confidence, reasons: reasons.join(' ') }]),
  );
}

/** All that is counted of a store's hits; dictionaries may be numbered otherwise, and earlier messages be others. */
async function countsIn(store: Store, messages: readonly string[]) {
  const reports = await Promise.all(messages.map((message) => buildReport(store, { message })));
  return reports.map(({ rates: { open, ...rates }, ...counted }) => {
    const { estimated: _, ...counts } = open;
    return { ...counted, rates, open: counts };
  });
}

/** A send of one of the mails, told before some of the hits, or behind them all. */
interface PlannedSend {
  readonly message: string;
  readonly recipient: string;
  readonly atMs: number;
  readonly isTimed: boolean;
  readonly domain?: string | undefined;
  readonly toldAt: number;
}

/** The name of an address, found before some of the hits are settled, or behind them all. */
interface PlannedName {
  readonly host: string;
  readonly toldAt: number;
}

const NAMED_PEER = '00000000000000aa';

const anyName: fc.Arbitrary<PlannedName | undefined> = fc.option(
  fc.record({
    host: fc.constantFrom('.barracuda.com', 'google-proxy-.google.com', 'crawl-.googlebot.com'),
    toldAt: fc.nat({ max: 5 }),
  }),
  { nil: undefined },
);

/** For all of the time in which hits come. */
async function tellName(store: Store, name: PlannedName | undefined, isTime: (toldAt: number) => boolean) {
  if (name === undefined || !isTime(name.toldAt)) return;
  const { host } = name;
  await store.namePeer(NAMED_PEER, { host, atMs: startMs + contextWindowMs, untilMs: startMs + 2 * contextWindowMs });
}

const anySends: fc.Arbitrary<readonly PlannedSend[]> = fc.uniqueArray(
  fc.record({
    message: fc.constantFrom('a', 'b'),
    recipient: fc.constantFrom('r0', 'r1', 'r2'),
    atMs: fc
      .oneof(fc.integer({ min: -3_000, max: 4_000 }), fc.integer({ min: -40_000, max: 1_200_000 }))
      .map((ms) => startMs + ms),
    isTimed: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
    domain: fc.constantFrom('outlook.com', 'example.com', undefined),
    toldAt: fc.nat({ max: 5 }),
  }),
  { selector: ({ message, recipient }) => `${message} ${recipient}`, maxLength: 6 },
);

async function recordSends(store: Store, sends: readonly PlannedSend[]): Promise<void> {
  for (const message of ['a', 'b']) {
    const ofMessage = sends.filter((send) => send.message === message);
    if (ofMessage.length > 0) await store.recordSends(message, ofMessage);
  }
}

/** What comes, what is told of it, and where it is cut into pieces. */
const anyCourse = [anyHits, anySends, anyName, fc.array(fc.nat({ max: 29 }), { maxLength: 4 })] as const;

function piecesOf(hits: readonly Hit[], cuts: readonly number[]): readonly (readonly Hit[])[] {
  const places = [0, ...[...new Set(cuts)].sort((a, b) => a - b), hits.length];
  return places.map((from, n) => hits.slice(from, places[n + 1] ?? hits.length));
}

describe('settling in any pieces', () => {
  it('gives each hit the verdict it gets when all are weighed at once, and all counts follow', async () => {
    await fc.assert(
      fc.asyncProperty(...anyCourse, fc.infiniteStream(fc.nat()), async (hits, sends, name, cuts, chance) => {
        if (hits.length === 0) return;
        const { store, path } = await openTestStore();
        const shuffled = hits
          .map((hit) => ({ hit, at: Number(chance.next().value) }))
          .sort((a, b) => a.at - b.at)
          .map(({ hit }) => hit);
        const pieces = piecesOf(shuffled, cuts);
        for (const [n, piece] of pieces.entries()) {
          const isLast = n === pieces.length - 1;
          const isTime = (toldAt: number) => (isLast ? toldAt >= n && toldAt < 5 : toldAt === n);
          await recordSends(
            store,
            sends.filter(({ toldAt }) => isTime(toldAt)),
          );
          await tellName(store, name, isTime);
          if (piece.length > 0) await settleHits(store, piece, `journal-${n % 2}`);
        }
        await recordSends(
          store,
          sends.filter(({ toldAt }) => toldAt === 5),
        );
        await tellName(store, name, (toldAt) => toldAt === 5);
        expect(verdictsIn(path)).toEqual(verdictsOf(hits, sends, name));

        const { store: other, path: otherPath } = await openTestStore();
        await recordSends(other, sends);
        await tellName(other, name, () => true);
        await settleHits(other, hits);
        expect(verdictsIn(otherPath)).toEqual(verdictsIn(path));
        const messages = [...new Set(hits.map(({ message }) => message))].sort();
        expect(await countsIn(store, messages)).toEqual(await countsIn(other, messages));
        expect(countedRows(path)).toEqual(recount(hits, sends, name));
        expect(await usagesIn(store)).toEqual(recountUsages(hits, sends, name));
        expect(await relabelled(store)).toEqual([]);
        await store.close();
        await other.close();
      }),
      { numRuns: 60 },
    );
  });
});

describe.skipIf(!hasPostgres)('settling side by side', () => {
  it('gives each hit the verdict it gets when all are weighed at once, and all counts follow, whatever is told meanwhile', async () => {
    const { stores, url, meet, clear } = await openSideBySide(3);
    const [one, two, teller] = stores as [Store, Store, Store];
    await fc.assert(
      fc.asyncProperty(
        ...anyCourse,
        fc.nat({ max: 3 }).map((n) => n > 0),
        async (hits, sends, name, cuts, isToldFirst) => {
          await clear();
          // What makes a message has its turn from its beginning on.
          for (const message of ['a', 'b']) await teller.describeMessage(message, {});
          const pieces = piecesOf(hits, cuts);
          for (let n = 0; n < 6; n += 2) {
            const isTime = (toldAt: number) => toldAt === n || toldAt === n + 1;
            const told = sends.filter(({ toldAt }) => isTime(toldAt));
            const tell = async () => {
              await recordSends(teller, told);
              await tellName(teller, name, isTime);
            };
            const isTelling = told.length > 0 || (name !== undefined && isTime(name.toldAt));
            const settling = [one, two].flatMap((store, at) => {
              const piece = pieces[n + at] ?? [];
              return piece.length > 0 ? [() => settleHits(store, piece, `journal-${at}`)] : [];
            });
            const telling = isTelling ? [tell] : [];
            await meet(isToldFirst ? [...telling, ...settling] : [...settling, ...telling]);
          }
          expect(verdictsIn(url)).toEqual(verdictsOf(hits, sends, name));
          const { store: other } = await openTestStore();
          await recordSends(other, sends);
          await tellName(other, name, () => true);
          await settleHits(other, hits);
          const messages = [...new Set(hits.map(({ message }) => message))].sort();
          expect(await countsIn(one, messages)).toEqual(await countsIn(other, messages));
          expect(countedRows(url)).toEqual(recount(hits, sends, name));
          await other.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a click at one address that comes late', () => {
  const at = (peer: string, atMs: number, of: { readonly index?: number; readonly honeypot?: boolean } = {}) => {
    const { index = 0, honeypot = false } = of;
    const kind = 'index' in of ? 'click' : 'open';
    const from = { message: 'a', recipient: 0, peer, network: 'unknown', agent: CHROME, speaks: true } as const;
    return toHit({ ...from, kind, index, honeypot, atMs });
  };
  const [here, there] = ['00000000000000aa', '00000000000000bb'];

  it.each<[string, readonly Hit[], Hit]>([
    [
      'burst-company',
      [at(here, 0, { index: 0 }), at(here, 1_000, { index: 1 }), at(here, 2_000, { index: 2 }), at(here, 2_500)],
      at(there, 2_900, { index: 3 }),
    ],
    ['honeypot-company', [at(here, 0, { index: 0 }), at(here, 1_000)], at(there, -1_000, { index: 5, honeypot: true })],
  ])('makes an open at another %s, where one user agent leads there', async (reason, hits, late) => {
    const { store, path } = await openTestStore();
    await settleHits(store, hits);
    await settleHits(store, [late]);
    expect(verdictsIn(path)).toEqual(verdictsOf([...hits, late]));
    expect(verdictsIn(path).get(hits.at(-1)?.id)?.reasons).toMatch(new RegExp(`^${reason} `));
  });
});

describe('a flood from one address', () => {
  it('is weighed to its last hit, in whatever pieces it is settled', async () => {
    const { store, path } = await openTestStore();
    const hits = Array.from({ length: 3 * peerEventsMax }, (_, n) => {
      const kind = n % 2 === 0 ? 'open' : 'click';
      const of = {
        message: 'a',
        recipient: n >> 1,
        kind,
        index: 0,
        honeypot: false,
        peer: '00000000000000aa',
      } as const;
      return toHit({ ...of, network: 'unknown', agent: CHROME, atMs: n * 10, speaks: false });
    });
    for (let from = 0; from < hits.length; from += 700) await settleHits(store, hits.slice(from, from + 700));
    expect(verdictsIn(path)).toEqual(verdictsOf(hits));
    expect([...verdictsIn(path).values()].every(({ reasons }) => String(reasons).includes('fan-out'))).toBe(true);
    await store.close();
  });
});

/** Totals and recipients by message, kind and label, as the store keeps them. */
function countedRows(path: string): readonly string[] {
  return rowsOf(
    path,
    `SELECT m.id AS message, k.name AS kind, l.name AS label, c.total, c.recipients FROM counts c
      JOIN messages m ON m.key = c.message_key JOIN kinds k ON k.code = c.kind JOIN labels l ON l.code = c.label
      WHERE c.total > 0 OR c.recipients <> 0`,
  )
    .map((row) => Object.values(row).join(' '))
    .sort();
}

/** The same, counted anew from the verdicts. */
function recount(hits: readonly Hit[], sends: readonly PlannedSend[], name?: PlannedName): readonly string[] {
  const verdicts = verdictsOf(hits, sends, name);
  const totals = new Map<string, Hit[]>();
  for (const hit of hits) {
    if (hit.kind === 'unsubscribe') continue;
    const label = verdicts.get(hit.id)?.label ?? '';
    const people = label === 'human' || label === 'proxy-human' ? ['people'] : [];
    for (const name of [label, 'all', ...people]) {
      const key = `${hit.message} ${hit.kind} ${name}`;
      totals.set(key, [...(totals.get(key) ?? []), hit]);
    }
  }
  return [...totals]
    .map(([key, of]) => `${key} ${of.length} ${new Set(of.map(({ recipient }) => recipient)).size}`)
    .sort();
}

/** With what the hits were made, as the store keeps it. */
async function usagesIn(store: Store): Promise<readonly string[]> {
  const rows = await Promise.all(
    ['a', 'b'].map(async (message) => (await store.usageOf(message)).map((row) => ({ message, ...row }))),
  );
  return rows
    .flat()
    .map(({ message, kind, client, device, total }) => `${message} ${kind} ${client} ${device} ${total}`)
    .sort();
}

/** The same, counted anew from the verdicts. */
function recountUsages(hits: readonly Hit[], sends: readonly PlannedSend[], name?: PlannedName): readonly string[] {
  const verdicts = verdictsOf(hits, sends, name);
  const totals = new Map<string, number>();
  for (const { id, message, kind, headers } of hits) {
    const label = LABELS.find((one) => one === verdicts.get(id)?.label) ?? 'unknown';
    const { client, device } = usageOf({ userAgent: headers['user-agent'] ?? '', label });
    const name = `${message} ${kind} ${client} ${device}`;
    if (kind !== 'unsubscribe') totals.set(name, (totals.get(name) ?? 0) + 1);
  }
  return [...totals].map(([name, total]) => `${name} ${total}`).sort();
}

/** What judging all anew by the same rules would change. */
async function relabelled(store: Store) {
  const { changed } = await store.relabel(null, { rules: [], isDryRun: true });
  return changed;
}
