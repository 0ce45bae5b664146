// Addresses of which something is found once their hits were answered: that they hide their readers, their names.
import { describe, expect, it } from 'vitest';
import { contextWindowMs } from '../../src/base/limits.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { readOwnRules, type VerdictRule } from '../../src/classify/own-rules.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { DEFAULT_RETENTION } from '../../src/retain/age.ts';
import { retain } from '../../src/retain/retain.ts';
import { judgeHits } from '../../src/settle/judge-hits.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const peer = '0123456789abcdef';
const foundMs = startMs + contextWindowMs + 1_000;

const readers = (count: number, of: Partial<Hit> = {}) =>
  Array.from({ length: count }, (_, at) => makeHit({ peer, recipient: `r${at}`, atMs: foundMs - 1 - at, ...of }));
const eventsIn = (path: string) =>
  rowsOf(
    path,
    `SELECT networks.name AS network, labels.name AS label, reasons, count(*) AS events FROM events
      JOIN networks ON networks.code = network JOIN verdicts ON key = verdict_key JOIN labels ON labels.code = label
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
  );

describe('an address that is found to hide its readers', () => {
  it('makes nobody of what came from it in the window before, whatever was said of it, and counts follow', async () => {
    const { store, path } = await openTestStore();
    const home = makeHit({ peer, recipient: 'at-home', network: 'residential', atMs: foundMs - 1 });
    const before = makeHit({ peer, recipient: 'before', atMs: startMs });
    const other = makeHit({ peer: 'ffffffffffffffff', recipient: 'other', atMs: foundMs });
    await settleHits(store, [...readers(20), ...readers(1, { test: true }), home, before, other]);
    expect(eventsIn(path)).toContainEqual(
      expect.objectContaining({ events: 20, reasons: expect.stringMatching(/^fan-out /) }),
    );
    await store.hidePeer(peer, foundMs);
    expect(eventsIn(path)).toEqual([
      { network: 'cdn', label: 'unknown', reasons: 'hidden-reader', events: 21 },
      { network: 'residential', label: 'human', reasons: 'browser-open language home-network', events: 1 },
      { network: 'unknown', label: 'human', reasons: 'browser-open language', events: 2 },
    ]);
    expect(await store.findMessage('spring-sale')).toMatchObject({ hidden: 20 });
    const counts = await store.countsOf('spring-sale');
    expect(counts).toContainEqual(expect.objectContaining({ label: 'unknown', total: 20, recipients: 20 }));
    expect(counts).toContainEqual(expect.objectContaining({ label: 'human', total: 3, recipients: 3 }));
  });

  it('does the same for hits that waited, until their window has closed', async () => {
    const { store, path } = await openTestStore();
    await store.hidePeer(peer, foundMs);
    await settleHits(store, [...readers(1), ...readers(1, { atMs: foundMs + 1 })]);
    expect(eventsIn(path).map(({ network, events }) => [network, events])).toEqual([
      ['cdn', 1],
      ['unknown', 1],
    ]);
    expect(await store.findMessage('spring-sale')).toMatchObject({ hidden: 1 });
    while (await store.forgetPeers(foundMs + 1));
    expect(rowsOf(path, 'SELECT * FROM known_peers')).toEqual([]);
  });

  it('leaves what names itself what it is', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, readers(1, { method: 'HEAD', headers: CLIENTS.head.headers }));
    await store.hidePeer(peer, foundMs);
    expect(eventsIn(path)).toEqual([{ network: 'cdn', label: 'scanner', reasons: 'method', events: 1 }]);
  });
});

describe('an address whose name is found', () => {
  const gateway = { host: '.barracuda.com', atMs: foundMs, untilMs: foundMs + 60_000 };
  const hostsIn = (path: string) =>
    rowsOf(
      path,
      'SELECT text AS host, reasons FROM events JOIN texts ON texts.key = host_key JOIN verdicts v ON v.key = verdict_key ORDER BY hit_id',
    ).map(({ host, reasons }) => [host, reasons]);

  it('has what came from it in the window before judged anew, and counts follow', async () => {
    const { store, path } = await openTestStore();
    const click = makeHit({ peer, recipient: 'r0', link: makeLink(), atMs: foundMs - 1 });
    const before = makeHit({ peer, recipient: 'before', atMs: startMs });
    const other = makeHit({ peer: 'ffffffffffffffff', recipient: 'other', atMs: foundMs });
    await settleHits(store, [...readers(3), click, ...readers(1, { test: true }), before, other]);
    await store.namePeer(peer, gateway);
    expect(hostsIn(path).filter(([host]) => host !== '')).toEqual(
      Array.from({ length: 5 }, () => ['.barracuda.com', 'gateway-host']),
    );
    const { opens, clicks, links } = await buildReport(store, { message: 'spring-sale' });
    expect(opens.byLabel).toMatchObject({ scanner: { total: 3, unique: 3 }, human: { total: 2, unique: 2 } });
    expect(clicks.byLabel).toMatchObject({ scanner: { total: 1, unique: 1 }, human: { total: 0, unique: 0 } });
    expect(links[0]?.clicks).toEqual({ total: 1, unique: 1, human: 0 });
    expect(await store.findMessage('spring-sale')).toMatchObject({ hidden: 0 });
  });

  it('gives its name to hits that wait, and to later ones for as long as it holds', async () => {
    const { store, path } = await openTestStore();
    await store.namePeer(peer, gateway);
    const times = [startMs, foundMs - 1, foundMs + 60_000, foundMs + 60_001];
    await settleHits(
      store,
      times.map((atMs) => makeHit({ peer, atMs })),
    );
    expect(hostsIn(path).map(([host]) => host)).toEqual(['', '.barracuda.com', '.barracuda.com', '']);
    await store.namePeer(peer, { ...gateway, atMs: foundMs + 61_000, untilMs: foundMs + 120_000 });
    await settleHits(store, [makeHit({ peer, atMs: foundMs + 90_000 })]);
    expect(hostsIn(path).map(([host]) => host)).toEqual(['', ...Array.from({ length: 4 }, () => '.barracuda.com')]);
    while (await store.forgetPeers(foundMs + 120_001));
    expect(rowsOf(path, 'SELECT * FROM known_peers')).toEqual([]);
  });

  it('says of Google’s proxy that it is Google’s', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, readers(1, { network: 'datacenter', headers: CLIENTS.proxy.headers }));
    expect(hostsIn(path)).toEqual([['', 'google-proxy-elsewhere']]);
    await store.namePeer(peer, { ...gateway, host: 'google-proxy-.google.com' });
    expect(hostsIn(path)).toEqual([['google-proxy-.google.com', 'google-proxy']]);
  });

  it('keeps its name whatever the hits are judged by later: a late send, other rules, what others say', async () => {
    const { store, path } = await openTestStore();
    const rules: readonly VerdictRule[] = [
      { id: 'partner', label: 'human', host: '.partner.example', recipientDomain: 'partner.example' },
      { id: 'watch', label: 'preview', userAgent: 'chrome' },
    ];
    const hits = readers(2);
    await store.settle({
      ...{ journal: 'journal', after: 0, through: 2, rules },
      hits: judgeHits(hits, readOwnRules(rules, 'test')),
    });
    await store.namePeer(peer, { ...gateway, host: '.partner.example' });
    expect(hostsIn(path).map(([, reasons]) => reasons)).toEqual(['watch', 'watch']);
    await store.recordSends('spring-sale', [{ recipient: 'r0', atMs: startMs, domain: 'partner.example' }]);
    expect(hostsIn(path).map(([, reasons]) => reasons)).toEqual(['watch', 'partner']);
    const host: VerdictRule = { id: 'all-partners', label: 'human', host: '.partner.example' };
    await store.relabel(null, { rules: [host], isDryRun: false });
    await store.hidePeer(peer, foundMs);
    expect(hostsIn(path)).toEqual([
      ['.partner.example', 'all-partners'],
      ['.partner.example', 'all-partners'],
    ]);
  });

  it('loses its name with the other raw signals', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, readers(1));
    await store.namePeer(peer, gateway);
    const now = () => foundMs + 40 * 86_400_000;
    await retain({ store, policy: DEFAULT_RETENTION, now, trustClock: true, onStep: () => undefined });
    expect(hostsIn(path)).toEqual([['', 'gateway-host']]);
  });
});
