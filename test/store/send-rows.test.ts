import { describe, expect, it } from 'vitest';
import type { Send } from '../../src/track/send-queue.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { allRows, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const send = (recipient: string, of: Partial<Send> = {}): Send => ({ recipient, atMs: startMs, ...of });
const sends = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => send(`r${from + at}`));

const SENDS = `SELECT m.id AS message, r.id AS recipient, at_ms, text AS domain, o.name AS opens, c.name AS clicks
  FROM sends JOIN messages m ON m.key = message_key JOIN recipients r ON r.key = recipient_key
  JOIN levels o ON o.code = opens JOIN levels c ON c.code = clicks
  LEFT JOIN texts ON texts.key = domain_key ORDER BY message, recipient`;

describe('recordSends', () => {
  it('keeps to whom a message went, when, in which domain and by which consent', async () => {
    const { store, path } = await openTestStore();
    const consent = { opens: 'none', clicks: 'aggregate' } as const;
    await store.recordSends('a', [send('r1', { domain: 'example.com', atMs: 7 }), send('r2', { consent })]);
    await store.recordSends('b', [send('r1')]);
    expect(rowsOf(path, SENDS)).toEqual([
      { message: 'a', recipient: 'r1', at_ms: 7, domain: 'example.com', opens: 'individual', clicks: 'individual' },
      { message: 'a', recipient: 'r2', at_ms: startMs, domain: null, ...consent },
      { message: 'b', recipient: 'r1', at_ms: startMs, domain: null, opens: 'individual', clicks: 'individual' },
    ]);
  });

  it('changes nothing for sends that come again, and says how many those were', async () => {
    const { store, path } = await openTestStore();
    expect(await store.recordSends('a', sends(0, 3))).toEqual({ accepted: 3, duplicate: 0 });
    const before = allRows(path);
    const again = sends(0, 3).map((one) => ({ ...one, atMs: 1, consent: { opens: 'none', clicks: 'none' } as const }));
    expect(await store.recordSends('a', again)).toEqual({ accepted: 0, duplicate: 3 });
    expect(allRows(path)).toEqual(before);
    expect(await store.recordSends('a', sends(1, 5))).toEqual({ accepted: 2, duplicate: 2 });
    expect(await store.recordSends('b', sends(0, 3))).toEqual({ accepted: 3, duplicate: 0 });
  });

  it('takes the first of several sends to one recipient in one call', async () => {
    const { store, path } = await openTestStore();
    const three = [send('r1', { atMs: 1 }), send('r2'), send('r1', { atMs: 2 }), send('r1', { atMs: 3 })];
    expect(await store.recordSends('a', three)).toEqual({ accepted: 2, duplicate: 2 });
    expect(rowsOf(path, SENDS).map((row) => row['at_ms'])).toEqual([1, startMs]);
  });

  it('takes more sends than one statement holds', async () => {
    const { store } = await openTestStore();
    expect(await store.recordSends('a', [...sends(0, 2_500), ...sends(0, 100)])).toEqual({
      accepted: 2_500,
      duplicate: 100,
    });
    expect(await store.findMessage('a')).toMatchObject({ sent: 2_500 });
  });

  it('takes no sends at all', async () => {
    const { store } = await openTestStore();
    expect(await store.recordSends('a', [])).toEqual({ accepted: 0, duplicate: 0 });
    expect(await store.findMessage('a')).toMatchObject({ sent: 0, firstSentAtMs: null });
  });

  it('loses none of the sends that come at once', async () => {
    const { store } = await openTestStore();
    const results = await Promise.all([0, 10, 20, 30].map((from) => store.recordSends('a', sends(from, from + 20))));
    expect(results.reduce((sum, result) => sum + result.accepted, 0)).toBe(50);
    expect(await store.findMessage('a')).toMatchObject({ sent: 50 });
  });

  it('knows a recipient of the sends when a hit comes from it', async () => {
    const { store, path } = await openTestStore();
    await store.recordSends('spring-sale', [send('r1')]);
    await settleHits(store, [makeHit()]);
    expect(rowsOf(path, 'SELECT id FROM recipients')).toEqual([{ id: 'r1' }]);
    expect(rowsOf(path, 'SELECT id FROM messages')).toEqual([{ id: 'spring-sale' }]);
  });
});

describe('recordLinks', () => {
  const LINKS = `SELECT id AS message, link_index, text AS destination, links.name FROM links
    JOIN messages ON messages.key = message_key JOIN texts ON texts.key = destination_key ORDER BY 1, 2, 3`;
  const home = { index: 0, destination: 'https://example.com/', name: 'Home' };
  const shop = { index: 1, destination: 'https://example.com/shop', name: 'Shop' };

  it('changes nothing for links that come again', async () => {
    const { store, path } = await openTestStore();
    await store.recordLinks('a', [home, shop]);
    const before = allRows(path);
    await store.recordLinks('a', [home, shop]);
    expect(allRows(path)).toEqual(before);
    expect(rowsOf(path, LINKS)).toHaveLength(2);
  });

  it('takes the newest name of a link, and keeps another destination of its index beside it', async () => {
    const { store, path } = await openTestStore();
    await store.recordLinks('a', [home]);
    await store.recordLinks('a', [
      { ...home, name: 'Start' },
      { ...shop, index: 0 },
    ]);
    await store.recordLinks('b', [home]);
    expect(rowsOf(path, LINKS)).toEqual([
      { message: 'a', link_index: 0, destination: home.destination, name: 'Start' },
      { message: 'a', link_index: 0, destination: shop.destination, name: 'Shop' },
      { message: 'b', link_index: 0, destination: home.destination, name: 'Home' },
    ]);
  });

  it('shows clicks of a merged link under its template, and keeps no destination', async () => {
    const { store, path } = await openTestStore();
    const destination = 'https://example.com/{{ code }}';
    await store.recordLinks('spring-sale', [{ ...home, destination, merged: true }]);
    await settleHits(store, [makeHit({ link: makeLink({ destination: '' }) })]);
    expect(await store.linksOf('spring-sale', 10)).toEqual([
      { index: 0, destination, name: 'Home', total: 1, recipients: 1, people: 1, anonymous: 0 },
    ]);
    expect(rowsOf(path, 'SELECT destination_key, template FROM links')).toEqual([
      { destination_key: 0, template: destination },
    ]);
  });

  it('gives a name to a link that was clicked before it was registered', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [makeHit({ link: makeLink() })]);
    const row = { index: 0, destination: home.destination, total: 1, recipients: 1, people: 1, anonymous: 0 };
    expect(await store.linksOf('spring-sale', 10)).toEqual([{ ...row, name: null }]);
    await store.recordLinks('spring-sale', [home]);
    expect(await store.linksOf('spring-sale', 10)).toEqual([{ ...row, name: 'Home' }]);
  });
});
