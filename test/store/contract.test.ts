// One contract for every database: the same calls, told the same things, answer the same. SQLite, which all other tests of
// the store hold to what it should be, is what the others are held against.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Conversion } from '../../src/base/conversion.ts';
import type { Hit } from '../../src/base/nouns.ts';
import type { VerdictRule } from '../../src/classify/own-rules.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { buildTimeline } from '../../src/report/build-timeline.ts';
import { MESSAGE_SORTS, RECIPIENT_FILTERS } from '../../src/report/report-source.ts';
import { erase } from '../../src/retain/erase.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { hasPostgres, makeDatabase, startPglite } from '../support/postgres.ts';
import { changeFile, settleHits } from '../support/stores.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MESSAGES = ['spring-sale', 'Frühling', 'july'] as const;
const UUID = '123e4567-e89b-12d3-a456-426614174000';
const RECIPIENTS = [...Array.from({ length: 40 }, (_, at) => `r${at}`), UUID, 'jö@müller.example'];
const DOMAINS = ['gmail.com', 'icloud.com', 'outlook.com', 'firma.example', undefined];
const PROPOSED = { opens: 'individual', clicks: 'individual' } as const;

/** Numbers that look random and are the same each time. */
function makeChance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** A mailing's traffic: people, proxies, machines, bursts of one address, tests, unsubscribes, hits without a recipient. */
function makeTraffic(count: number): readonly Hit[] {
  const chance = makeChance(7);
  const clients = Object.values(CLIENTS);
  const networks = ['unknown', 'google', 'apple-relay', 'microsoft-eop', 'cdn', 'residential'] as const;
  return Array.from({ length: count }, (): Hit => {
    const kind = chance(10) < 6 ? 'open' : chance(10) < 9 ? 'click' : 'unsubscribe';
    return makeHit({
      kind,
      message: MESSAGES[chance(10) < 7 ? 0 : chance(3)] ?? 'july',
      recipient: RECIPIENTS[chance(RECIPIENTS.length)] ?? 'r0',
      from: clients[chance(clients.length)] ?? CLIENTS.reader,
      atMs: startMs + chance(40) * MINUTE * (chance(4) === 0 ? 30 : 1) + chance(1_000),
      link: kind === 'click' ? makeLink({ index: chance(3), destination: `https://shop.example/${chance(2)}` }) : null,
      network: networks[chance(networks.length)] ?? 'unknown',
      peer: chance(3) === 0 ? null : `${chance(5)}123456789abcdef`,
      test: chance(12) === 0,
      repeat: chance(12) === 0,
      ...(chance(10) === 0 && { level: 'aggregate' as const, recipient: null }),
    });
  });
}

const TRAFFIC = makeTraffic(500);
/** Told to a webhook. */
const NOTICED = makeHit({ atMs: startMs + HOUR, recipient: 'r11' });
const RULES: readonly VerdictRule[] = [{ id: 'lab-proxy', label: 'scanner', network: 'residential' }];

function sale(order: string, of: Partial<Conversion> = {}): Conversion {
  return {
    ...{ order, atMs: startMs + 2 * DAY, proof: 'posted', test: false, recipient: 'r1', message: null, click: null },
    ...{ money: { currency: 'EUR', minor: 4_990 }, refunded: null, ...of },
  };
}

/** What an error is, where one is expected. */
const nameOf = (error: Error) => `${error.name}: ${error.message}`;

/** What every reading method says, under the name of the step after which it was asked. */
async function readAll(store: Store): Promise<unknown> {
  const of = async (message: string) => ({
    report: await buildReport(store, { message }).catch(nameOf),
    timeline: await buildTimeline(store, { message, tz: 'Asia/Kathmandu' }).catch(nameOf),
    recipients: await Promise.all(
      RECIPIENT_FILTERS.map((filter) => store.recipientsOf(message, { filter, after: null, limit: 30 })),
    ),
    events: await store.eventsOf(message, {
      ...{ after: null, fromMs: startMs + MINUTE, beforeMs: null, isTestIncluded: true, limit: 400 },
    }),
    links: await store.linksOf(message, 100),
    usage: (await store.usageOf(message)).map((row) => JSON.stringify(row)).sort(),
    domains: await store.domainsOf(message, 10),
    audiences: await store.audiencesOf(message, 5),
    sums: (await store.conversionsOf(message)).map((row) => JSON.stringify(row)).sort(),
    mails: await store.listMails(message),
  });
  const [a] = MESSAGES;
  const audience = { machines: false, after: null, limit: 100 };
  const { changes, last } = await store.changesAfter(0, 100);
  return {
    messages: Object.fromEntries(await Promise.all(MESSAGES.map(async (id) => [id, await of(id)] as const))),
    lists: await Promise.all(
      MESSAGE_SORTS.map(async (sort) => {
        const first = await store.listMessages({ sort, search: '', after: null, limit: 2 });
        const after = first.at(-1)?.place ?? null;
        const rest = await store.listMessages({ sort, search: '', after, limit: 2 });
        return [...first, ...rest].map(({ place: _, ...message }) => message);
      }),
    ),
    found: await store.listMessages({ sort: 'name', search: 'FR', after: null, limit: 5 }).then((all) => all.length),
    history: await store.historyOf('r1', { after: null, limit: 10 }).then((found) => found?.rows),
    one: await store.recipientOf(a, UUID),
    exported: await store.exportRecipient('r2'),
    clicked: await store.audienceIn({
      ...audience,
      who: [{ deed: 'clicked', message: a, link: 'shop' }],
      not: [{ deed: 'converted', message: a, link: null }],
    }),
    opened: await store.audienceIn({
      ...audience,
      who: [{ deed: 'sent', message: a, link: null }],
      not: [{ deed: 'opened', message: a, link: null }],
    }),
    suppressed: await store.listSuppressions({ after: null, limit: 50 }),
    sendable: await store.sendability(RECIPIENTS.slice(0, 8)),
    consents: await store.consentsOf('r3', 10),
    revocations: await store.listRevocations({ after: null, limit: 10 }),
    // A tombstone is under a key of the store's own.
    control: { last, changes: changes.map(({ seq, change }) => (change.kind === 'erased' ? seq : { seq, change })) },
    due: await store.countDue({ nowMs: startMs + 500 * DAY, signalsBeforeMs: startMs + DAY, eventsBeforeMs: startMs }),
    places: await Promise.all(['one', 'two'].map((journal) => store.settledThrough(journal))),
  };
}

/** All that a store can be told, in steps; each gives what was answered. */
const STEPS: readonly (readonly [name: string, step: (store: Store) => Promise<unknown>])[] = [
  [
    'sends',
    async (store) => {
      const chance = makeChance(3);
      const sends = RECIPIENTS.map((recipient) => ({
        recipient,
        atMs: startMs - HOUR + chance(1_000),
        ...(DOMAINS[chance(5)] === undefined ? {} : { domain: DOMAINS[chance(4)] ?? 'x.example' }),
        ...(chance(9) === 0 && { consent: { opens: 'none' as const, clicks: 'aggregate' as const } }),
      }));
      return [
        await store.recordSends('spring-sale', sends),
        await store.recordSends('spring-sale', sends.slice(5, 9)),
        await store.recordLinks('spring-sale', [
          ...[0, 1, 2].map((index) => ({ index, destination: 'https://shop.example/0', name: 'Shop' })),
          { index: 3, destination: 'https://shop.example/{{ r }}', name: 'Yours', merged: true },
        ]),
        await store.describeMessage('spring-sale', {
          name: 'The spring sale',
          cost: '12.50',
          currency: 'EUR',
        }),
      ];
    },
  ],
  ['hits of one collector', (store) => settleHits(store, TRAFFIC.slice(0, 300), 'one')],
  [
    'hits of another, some of them again, by rules of the sender',
    async (store) => {
      await settleHits(store, TRAFFIC.slice(250, 400), 'two');
      const after = await store.settledThrough('two');
      const { judgeHits } = await import('../../src/settle/judge-hits.ts');
      const hits = judgeHits(TRAFFIC.slice(400));
      await store.settle({ journal: 'two', after, through: after + 200, hits, rules: RULES });
      // Settled already: nothing changes.
      return store.settle({ journal: 'two', after: 1, through: after + 200, hits: [] });
    },
  ],
  [
    'late sends',
    (store) =>
      store.recordSends(
        'july',
        RECIPIENTS.map((recipient) => ({ recipient, atMs: startMs + 1 })),
      ),
  ],
  [
    'deliveries',
    (store) =>
      store.recordDeliveries(
        (['delivered', 'bounced', 'complained', 'deferred', 'delivered', 'delivered'] as const).map((event, at) => ({
          ...{ id: `d${at % 5}`, message: 'spring-sale', recipient: `r${at % 4}`, event, atMs: startMs - HOUR },
          ...{ isTimed: true, isHard: true },
        })),
      ),
  ],
  [
    'conversions',
    (store) =>
      store.recordConversions([
        sale('o1'),
        sale('o1'),
        sale('o2', { recipient: 'r5', money: { currency: 'JPY', minor: 9_007_199_254 } }),
        sale('o3', { recipient: 'r9', click: { message: 'spring-sale', link: 1, atMs: startMs + MINUTE } }),
        sale('o4', { proof: 'pixel', message: 'july', recipient: null, money: null }),
        sale('o2', {
          recipient: 'r5',
          money: { currency: 'JPY', minor: 9_007_199_254 },
          refunded: { currency: 'JPY', minor: 11 },
        }),
      ]),
  ],
  [
    'attribution',
    (store) => store.setAttributionRules({ windowMs: 3 * DAY, clicks: 'all' }).then(() => store.attributionRules()),
  ],
  [
    'conversions after it',
    (store) => store.recordConversions([sale('o5', { recipient: 'r2' }), sale('o6', { recipient: 'r7' })]),
  ],
  [
    'control',
    async (store) => [
      await store.setConsent('r3', { opens: 'none', clicks: 'none' }, 'test', {
        ...{ purpose: 'newsletter', source: 'form', atMs: startMs },
      }),
      await store.setConsent('r3', PROPOSED, 'test'),
      await store.revoke({ kind: 'link', message: 'july', index: 1 }, 'test').then((revoked) => revoked.of),
      await store.revoke({ kind: 'host', host: 'bad.example' }, 'test').then((revoked) => revoked.of),
      await store.restore({ kind: 'host', host: 'bad.example' }, 'test').then((restored) => restored?.of),
      await store.correctLink({ message: 'july', index: 2 }, 'https://good.example/', 'test'),
      await store.recordShortLinks('july', 'abcde', [{ index: 0, destination: 'https://a.example/' }] as never, 'test'),
      await store.suppress(['r30', 'r31'], 'manual', 'by hand'),
      await store.unsuppress(['r31', 'nobody']),
    ],
  ],
  [
    'what was found of addresses',
    async (store) => [
      await store.hidePeer('0123456789abcdef', startMs + 20 * MINUTE),
      await store.namePeer('1123456789abcdef', {
        ...{ host: 'amazonaws.com', atMs: startMs + 20 * MINUTE, untilMs: startMs + HOUR },
      }),
    ],
  ],
  [
    'hand-overs',
    async (store) => {
      const run = { id: 'run', host: 'somewhere', pid: 1 };
      const reply = { atMs: startMs, reply: 250 };
      return [
        await store.startSending('july', run),
        await store.logSends('july', run, { ended: [], begun: ['r1', 'r2', 'r3'] }),
        await store.logSends('july', run, {
          ended: [
            { recipient: 'r1', end: 'sent', send: { recipient: 'r1', atMs: startMs }, ...reply },
            { recipient: 'r2', end: 'refused', send: null, ...reply, reply: 550 },
          ] as never,
          begun: ['r1', 'r2'],
        }),
        await store.endSending('july', run),
        await store.startSending('july', { ...run, id: 'next' }),
      ];
    },
  ],
  [
    'webhooks',
    async (store) => {
      const filter = { events: ['open', 'click', 'conversion'], labels: null } as const;
      await store.addWebhook({ url: 'https://hooks.example/', secret: 'whsec_AAAA', ...filter } as never, 'test');
      await settleHits(store, [NOTICED], 'one');
      const [hook] = await store.listWebhooks();
      return { ...hook, id: '', createdAtMs: 0 };
    },
  ],
  [
    'peers forgotten',
    async (store) => {
      let steps = 0;
      while (await store.forgetPeers(startMs + 3 * HOUR)) steps += 1;
      return steps;
    },
  ],
  ['relabelled', (store) => store.relabel(null, { rules: RULES, isDryRun: false })],
  [
    'erased',
    (store) => erase(store, { recipient: 'r4', by: 'test' }).then(({ rows, tombstone }) => [rows, tombstone.seq]),
  ],
  [
    'erased, of whom nothing is known',
    (store) => erase(store, { recipient: 'nobody', by: 'test' }).then(({ rows }) => rows),
  ],
  [
    'retained',
    async (store) => {
      const due = {
        nowMs: startMs + 400 * DAY,
        signalsBeforeMs: startMs + 5 * MINUTE,
        eventsBeforeMs: startMs + MINUTE,
      };
      const removed: unknown[] = [];
      for (let more = true; more; ) {
        const step = await store.retainStep({ ...due, trustClock: true });
        removed.push(step.removed);
        more = step.hasMore;
      }
      return removed;
    },
  ],
  [
    'a message deleted',
    async (store) => {
      const found = [await store.deleteMessage('Frühling'), await store.deleteMessage('never')];
      while (await store.sweepStep());
      return found;
    },
  ],
];

/** A store whose recipients have the same numbers as those of all others here. */
async function openAlike(url: string, path: string): Promise<Store> {
  await (await openStore(url)).close();
  const bytes = '01'.repeat(32);
  changeFile(
    path,
    `UPDATE secrets SET secret = ${path === url ? `'\\x${bytes}'` : `x'${bytes}'`} WHERE name = 'recipients'`,
  );
  return await openStore(url, { migrate: false });
}

async function play(store: Store): Promise<readonly (readonly [string, unknown, unknown])[]> {
  const told: (readonly [string, unknown, unknown])[] = [];
  for (const [name, step] of STEPS) told.push([name, await step(store), await readAll(store)]);
  return told;
}

const ENGINES = [
  ...(hasPostgres ? ([['PostgreSQL', () => makeDatabase(true)]] as const) : []),
  ['PGlite', startPglite] as const,
];

describe('the contract of stores', () => {
  let directory: string;
  let expected: Awaited<ReturnType<typeof play>>;
  beforeAll(async () => {
    vi.useFakeTimers({ now: startMs + 3 * DAY, toFake: ['Date'] });
    directory = mkdtempSync(join(tmpdir(), 'telltale-contract-'));
    const path = join(directory, 'telltale.db');
    const store = await openAlike(`sqlite:${path}`, path);
    expected = await play(store);
    await store.close();
  });
  afterAll(() => {
    vi.useRealTimers();
    rmSync(directory, { recursive: true });
  });

  it('is played by SQLite with something to say at each step', () => {
    expect(expected.map(([name]) => name)).toEqual(STEPS.map(([name]) => name));
    const shown = JSON.stringify(expected.at(-1));
    for (const word of ['proxy-human', 'prefetch', 'scanner', 'EUR', UUID, 'jö@müller.example', 'Shop']) {
      expect(shown).toContain(word);
    }
  });

  describe.each(ENGINES)('on %s', (_, make) => {
    it('gives the same answers and the same figures, whatever it is told', async () => {
      const { url, drop } = await make();
      try {
        const store = await openAlike(url, url);
        const told = await play(store).finally(() => store.close());
        for (const [at, step] of told.entries()) expect(step).toEqual(expected[at]);
      } finally {
        await drop();
      }
    });
  });
});
