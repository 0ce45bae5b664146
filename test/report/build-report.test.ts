import { describe, expect, it } from 'vitest';
import type { Consent, Hit } from '../../src/base/nouns.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { CLIENTS, makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, settleHits } from '../support/stores.ts';

const MESSAGE = 'spring-sale';
const sends = (count: number, consent?: Consent) =>
  Array.from({ length: count }, (_, at) => ({ recipient: `r${at}`, atMs: sentMs + at, consent }));

/** A store to which a message was sent, and from which hits came. */
async function reportOf(of: { sent?: number; consent?: Consent; hits?: readonly Hit[] }) {
  const { store } = await openTestStore();
  await store.recordSends(MESSAGE, sends(of.sent ?? 0, of.consent));
  await settleHits(store, of.hits ?? []);
  return buildReport(store, { message: MESSAGE });
}

const NONE = { total: 0, unique: 0 };
const NO_LABELS = { human: NONE, 'proxy-human': NONE, prefetch: NONE, scanner: NONE, preview: NONE, unknown: NONE };
const NO_HITS = { total: 0, unique: 0, anonymous: 0, byLabel: NO_LABELS };
const NOBODY = { measurable: 0, masked: 0, openers: 0, clickers: 0, both: 0, maskedClickers: 0, earlierMessages: 0 };
const NOT_ESTIMATED = {
  value: null,
  low: null,
  high: null,
  level: 0.9,
  method: null,
  n: 0,
  sample: NOBODY,
  reason: 'no-sends',
  band: { low: null, high: null, assumption: null },
};

describe('the report', () => {
  it('has every key and all six labels from the start, null, zero or empty where nothing is known', async () => {
    expect(await reportOf({})).toStrictEqual({
      message: { id: MESSAGE, name: null, firstSentAt: null },
      sent: 0,
      recipients: { sent: 0, delivered: null, measurable: { opens: 0, clicks: 0 } },
      opens: NO_HITS,
      clicks: NO_HITS,
      rates: {
        denominator: 'sent',
        coverage: null,
        reason: 'no-sends',
        open: { raw: null, human: null, estimated: NOT_ESTIMATED },
        click: { raw: null, human: null },
        clickToOpen: { raw: null, human: null },
      },
      links: [],
      clients: [],
      devices: [],
      domains: [],
      unsubscribes: 0,
      bounces: 0,
      complaints: 0,
      conversions: { count: 0, value: [] },
      cost: null,
      warnings: [{ code: 'no-sends', message: expect.any(String) }],
    });
  });

  it('shows each hit under its label, each recipient once, and people apart from machines', async () => {
    const link = makeLink({ index: 1, destination: 'https://example.com/shop' });
    const { reader, proxy, speculative, head, messenger, nobody } = CLIENTS;
    const report = await reportOf({
      sent: 8,
      hits: [
        makeHit({ recipient: 'r0', from: reader }),
        makeHit({ recipient: 'r0', from: reader }),
        makeHit({ recipient: 'r0', from: proxy }),
        makeHit({ recipient: 'r1', from: proxy }),
        makeHit({ recipient: 'r2', from: speculative }),
        makeHit({ recipient: 'r3', from: head }),
        makeHit({ recipient: 'r4', from: messenger }),
        makeHit({ recipient: 'r5', from: nobody }),
        ...Array.from({ length: 5 }, () => makeHit({ recipient: null, level: 'aggregate', from: reader })),
        makeHit({ recipient: 'r0', link }),
        makeHit({ recipient: 'r0', link }),
        makeHit({ recipient: 'r3', link, from: head }),
        makeHit({ recipient: 'r6', kind: 'unsubscribe', method: 'POST' }),
        makeHit({ recipient: 'r7', test: true }),
      ],
    });
    expect(report).toStrictEqual({
      message: { id: MESSAGE, name: null, firstSentAt: '2025-12-31T23:00:00.000Z' },
      sent: 8,
      recipients: { sent: 8, delivered: null, measurable: { opens: 8, clicks: 8 } },
      opens: {
        total: 13,
        unique: 6,
        anonymous: 5,
        byLabel: {
          human: { total: 7, unique: 1 },
          'proxy-human': { total: 2, unique: 2 },
          prefetch: { total: 1, unique: 1 },
          scanner: { total: 1, unique: 1 },
          preview: { total: 1, unique: 1 },
          unknown: { total: 1, unique: 1 },
        },
      },
      clicks: {
        total: 3,
        unique: 2,
        anonymous: 0,
        byLabel: { ...NO_LABELS, human: { total: 2, unique: 1 }, scanner: { total: 1, unique: 1 } },
      },
      rates: {
        denominator: 'sent',
        coverage: 1,
        reason: null,
        open: {
          raw: 6 / 8,
          human: 2 / 8,
          estimated: {
            ...NOT_ESTIMATED,
            n: 7,
            sample: { ...NOBODY, measurable: 7, masked: 1, openers: 2, clickers: 1, both: 1 },
            reason: 'too-few-measurable',
          },
        },
        click: { raw: 2 / 8, human: 1 / 8 },
        clickToOpen: { raw: 2 / 6, human: 1 / 2 },
      },
      links: [
        {
          index: 1,
          destination: 'https://example.com/shop',
          name: null,
          clicks: { total: 3, unique: 2, human: 1 },
        },
      ],
      clients: [
        { client: 'Chrome', opens: 8, clicks: 2 },
        { client: null, opens: 3, clicks: 1 },
        { client: 'Gmail', opens: 2, clicks: 0 },
      ],
      devices: [
        { device: 'desktop', opens: 7, clicks: 2 },
        { device: null, opens: 6, clicks: 1 },
      ],
      domains: [],
      unsubscribes: 1,
      bounces: 0,
      complaints: 0,
      conversions: { count: 0, value: [] },
      cost: null,
      warnings: [],
    });
  });

  it('survives JSON without losing a key', async () => {
    const report = await reportOf({ sent: 3, hits: [makeHit({ recipient: 'r0', link: makeLink() })] });
    expect(JSON.parse(JSON.stringify(report))).toStrictEqual(report);
  });

  it('leaves rates unrounded', async () => {
    const { rates } = await reportOf({ sent: 7, hits: [makeHit({ recipient: 'r0' }), makeHit({ recipient: 'r1' })] });
    expect(rates.open.raw).toBe(2 / 7);
  });

  it('counts a click without an open by no rate but its own', async () => {
    const { rates } = await reportOf({ sent: 4, hits: [makeHit({ recipient: 'r0', link: makeLink() })] });
    expect(rates).toMatchObject({
      reason: null,
      open: { raw: 0, human: 0 },
      click: { raw: 0.25, human: 0.25 },
      clickToOpen: { raw: null, human: null },
    });
  });

  it('shows the first of all times at which the message was sent', async () => {
    const { store } = await openTestStore();
    await store.recordSends(MESSAGE, [{ recipient: 'a', atMs: startMs + 9 }]);
    await store.recordSends(MESSAGE, [{ recipient: 'b', atMs: startMs }]);
    await store.recordSends(MESSAGE, [{ recipient: 'c', atMs: startMs + 5 }]);
    expect((await buildReport(store, { message: MESSAGE })).message.firstSentAt).toBe('2026-01-01T00:00:00.000Z');
  });

  it('keeps messages apart', async () => {
    const { store } = await openTestStore();
    await store.recordSends('a', sends(2));
    await store.recordSends('b', sends(5));
    await store.recordLinks('b', [{ index: 0, destination: 'https://example.com/', name: 'Home' }]);
    await settleHits(store, [makeHit({ message: 'a' }), makeHit({ message: 'b', link: makeLink() })]);
    const [a, b] = [await buildReport(store, { message: 'a' }), await buildReport(store, { message: 'b' })];
    expect([a.sent, a.opens.total, a.clicks.total, a.links.length]).toEqual([2, 1, 0, 0]);
    expect([b.sent, b.opens.total, b.clicks.total, b.links.length]).toEqual([5, 0, 1, 1]);
  });

  it('reads nothing but kept counts: its figures outlast the events', async () => {
    const { store, path } = await openTestStore();
    await store.recordSends(MESSAGE, sends(3));
    await settleHits(store, [makeHit({ recipient: 'r0' }), makeHit({ recipient: 'r1', link: makeLink() })]);
    const before = await buildReport(store, { message: MESSAGE });
    changeFile(path, 'DELETE FROM events');
    expect(await buildReport(store, { message: MESSAGE })).toEqual(before);
    expect(before.opens.total).toBe(1);
  });

  it.each(['never-sent', '', "x' OR 1=1 --"])('of a message that was never seen is an error: %j', async (message) => {
    const { store } = await openTestStore();
    await store.recordSends(MESSAGE, sends(1));
    await expect(buildReport(store, { message })).rejects.toMatchObject({
      code: 'UNKNOWN_MESSAGE',
      message: expect.stringContaining(JSON.stringify(message)),
    });
  });
});

describe('the denominator', () => {
  it.each<readonly [string, Consent, object]>([
    [
      'opens',
      { opens: 'aggregate', clicks: 'individual' },
      { coverage: 6 / 8, open: { raw: 3 / 6, human: 3 / 6 }, click: { raw: 2 / 8, human: 2 / 8 } },
    ],
    [
      'clicks',
      { opens: 'individual', clicks: 'none' },
      { coverage: 1, open: { raw: 3 / 8, human: 3 / 8 }, click: { raw: 2 / 6, human: 2 / 6 } },
    ],
    [
      'both',
      { opens: 'none', clicks: 'aggregate' },
      { coverage: 6 / 8, open: { raw: 3 / 6, human: 3 / 6 }, click: { raw: 2 / 6, human: 2 / 6 } },
    ],
  ])('is the recipients who can be measured when two of eight withhold %s', async (_, consent, rates) => {
    const { store } = await openTestStore();
    const all = sends(8);
    await store.recordSends(MESSAGE, [...all.slice(0, 6), ...all.slice(6).map((send) => ({ ...send, consent }))]);
    const opens = ['r0', 'r1', 'r2'].map((recipient) => makeHit({ recipient }));
    const clicks = ['r0', 'r1'].map((recipient) => makeHit({ recipient, link: makeLink() }));
    await settleHits(store, [...opens, ...clicks]);
    const report = await buildReport(store, { message: MESSAGE });
    expect(report.rates).toMatchObject({ denominator: 'measurable', reason: null, ...rates });
    expect(report.recipients).toEqual({
      sent: 8,
      delivered: null,
      measurable: {
        opens: consent.opens === 'individual' ? 8 : 6,
        clicks: consent.clicks === 'individual' ? 8 : 6,
      },
    });
  });
});

describe('rates where nobody can be measured', () => {
  it('are null and say why', async () => {
    const { store } = await openTestStore();
    const consent = { opens: 'aggregate', clicks: 'none' } as const;
    await store.recordSends(
      MESSAGE,
      sends(3).map((send) => ({ ...send, consent })),
    );
    const { rates } = await buildReport(store, { message: MESSAGE });
    expect(rates).toMatchObject({ denominator: 'measurable', coverage: 0, reason: 'none-measurable' });
    expect([rates.open.raw, rates.click.raw]).toEqual([null, null]);
  });
});

describe('links', () => {
  const home = { index: 0, destination: 'https://example.com/', name: 'Home' };
  const shop = { index: 1, destination: 'https://example.com/shop', name: '' };

  it('show registered names, and links that nobody clicked', async () => {
    const { store } = await openTestStore();
    await store.recordLinks(MESSAGE, [shop, home]);
    await settleHits(store, [makeHit({ link: makeLink() }), makeHit({ link: makeLink(), from: CLIENTS.messenger })]);
    expect((await buildReport(store, { message: MESSAGE })).links).toEqual([
      { ...home, clicks: { total: 2, unique: 1, human: 1 } },
      { ...shop, clicks: { total: 0, unique: 0, human: 0 } },
    ]);
  });

  it('have a row for each index and destination, by index, then destination', async () => {
    const { store } = await openTestStore();
    await store.recordLinks(MESSAGE, [home]);
    const clicks = [
      makeLink({ index: 10 }),
      makeLink({ index: 2 }),
      makeLink({ destination: 'https://example.com/b' }),
      makeLink({ destination: 'https://example.com/a' }),
      makeLink({ destination: 'https://example.com/a' }),
    ];
    await settleHits(
      store,
      clicks.map((link, at) => makeHit({ link, recipient: `r${at}` })),
    );
    const { links } = await buildReport(store, { message: MESSAGE });
    expect(links.map((link) => [link.index, link.destination, link.name, link.clicks.unique])).toEqual([
      [0, 'https://example.com/', 'Home', 0],
      [0, 'https://example.com/a', null, 2],
      [0, 'https://example.com/b', null, 1],
      [2, 'https://example.com/', null, 1],
      [10, 'https://example.com/', null, 1],
    ]);
  });

  it('count recipients once, and those who clicked as people apart', async () => {
    const link = makeLink();
    const report = await reportOf({
      hits: [
        makeHit({ link, recipient: 'a', from: CLIENTS.head }),
        makeHit({ link, recipient: 'a' }),
        makeHit({ link, recipient: 'a' }),
        makeHit({ link, recipient: 'b', from: CLIENTS.head }),
        ...Array.from({ length: 5 }, () => makeHit({ link, recipient: null, level: 'aggregate' })),
      ],
    });
    expect(report.links.map((row) => row.clicks)).toEqual([{ total: 9, unique: 2, human: 1 }]);
  });

  it('are the first thousand, with a warning that there are more', async () => {
    const { store } = await openTestStore();
    const links = Array.from({ length: 1_001 }, (_, index) => ({ ...home, index }));
    await store.recordSends(MESSAGE, sends(1));
    await store.recordLinks(MESSAGE, links.slice(0, 1_000));
    expect(await buildReport(store, { message: MESSAGE })).toMatchObject({ warnings: [] });
    await store.recordLinks(MESSAGE, links);
    const report = await buildReport(store, { message: MESSAGE });
    expect(report.links.map((link) => link.index)).toEqual(links.slice(0, 1_000).map((link) => link.index));
    expect(report.warnings.map((warning) => warning.code)).toEqual(['links-cut']);
  });
});

describe('warnings', () => {
  it('say when more recipients opened than sends were recorded', async () => {
    const hits = ['r0', 'r1', 'r2'].map((recipient) => makeHit({ recipient }));
    const few = await reportOf({ sent: 2, hits });
    expect(few.warnings.map((warning) => warning.code)).toEqual(['more-openers-than-sends']);
    const enough = await reportOf({ sent: 3, hits });
    expect(enough.warnings).toEqual([]);
  });

  it('say how many hits hide their reader behind a proxy', async () => {
    const hits = [makeHit({ network: 'cdn' }), makeHit({ network: 'cdn' }), makeHit({ network: 'unknown' })];
    const { warnings } = await reportOf({ sent: 3, hits });
    expect(warnings).toEqual([{ code: 'readers-hidden', message: expect.stringMatching(/^2 opens and clicks came/) }]);
  });
});
