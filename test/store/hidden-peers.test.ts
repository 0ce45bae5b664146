// Addresses that turn out to hide their readers.
import { describe, expect, it } from 'vitest';
import { contextWindowMs } from '../../src/base/limits.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { CLIENTS, makeHit, startMs } from '../support/hits.ts';
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
    expect(rowsOf(path, 'SELECT * FROM hidden_peers')).toEqual([]);
  });

  it('leaves what names itself what it is', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, readers(1, { method: 'HEAD', headers: CLIENTS.head.headers }));
    await store.hidePeer(peer, foundMs);
    expect(eventsIn(path)).toEqual([{ network: 'cdn', label: 'scanner', reasons: 'method', events: 1 }]);
  });
});
