import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { sweep } from '../../src/retain/sweep.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { makeHit, startMs } from '../support/hits.ts';
import { hasPostgres, makeDatabase } from '../support/postgres.ts';
import { openSideBySide } from '../support/side-by-side.ts';
import { changeFile, rowsOf, settleHits } from '../support/stores.ts';

async function openStoreAt() {
  const { url, drop } = await makeDatabase();
  const store = await openStore(url);
  onTestFinished(async () => {
    await store.close();
    await drop();
  });
  return { url, store };
}

describe.skipIf(!hasPostgres)('who writes to PostgreSQL', () => {
  it('goes on when its turn did not come once', async () => {
    const { url, store } = await openStoreAt();
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT epoch FROM turns FOR UPDATE');
    await expect(settleHits(store, [makeHit()])).rejects.toThrow(/lock timeout/);
    await other.end();
    await settleHits(store, [makeHit()]);
    expect(rowsOf(url, 'SELECT count(*)::int AS events FROM events')).toEqual([{ events: 1 }]);
  });

  it('adds its events beside others, and counts them in its turn', async () => {
    const { stores, meet, adding } = await openSideBySide(2);
    const [one, two] = stores as [Store, Store];
    await settleHits(one, [makeHit()]);
    const settling = [one, two].map((store, at) => () => settleHits(store, [makeHit()], `journal-${at + 1}`));
    await meet(settling, async () => {
      expect(await adding()).toBe(2);
      expect((await buildReport(one, { message: 'spring-sale' })).opens.total).toBe(1);
    });
    expect((await buildReport(one, { message: 'spring-sale' })).opens).toMatchObject({ total: 3, unique: 1 });
  });

  it('looks everything up again when what it had found was removed meanwhile', async () => {
    const { stores, meet, url } = await openSideBySide(2);
    const [one, two] = stores as [Store, Store];
    await settleHits(one, [makeHit({ recipient: 'r1' })]);
    await meet([() => two.deleteMessage('spring-sale'), () => settleHits(one, [makeHit({ recipient: 'r2' })])]);
    await sweep(two);
    expect((await buildReport(one, { message: 'spring-sale' })).opens).toMatchObject({ total: 1, unique: 1 });
    expect(rowsOf(url, 'SELECT message_key AS key FROM events')).toEqual(rowsOf(url, 'SELECT key FROM messages'));
  });

  it('keeps nothing of who withdraws while it waits for its turn', async () => {
    const { stores, meet } = await openSideBySide(2);
    const [one, two] = stores as [Store, Store];
    await settleHits(one, [makeHit()]);
    await meet([() => settleHits(one, [makeHit({ recipient: 'r2' })])], async () => {
      await two.setConsent('r2', { opens: 'none', clicks: 'none' }, 'a test');
    });
    expect((await buildReport(one, { message: 'spring-sale' })).opens).toMatchObject({ total: 1, unique: 1 });
  });

  it('is given its turn alone to make or drop a month, whoever adds events meanwhile', async () => {
    const { stores, meet, url } = await openSideBySide(3);
    const [one, two, three] = stores as [Store, Store, Store];
    const may = Date.UTC(2026, 4, 1);
    const july = Date.UTC(2026, 6, 1);
    await settleHits(one, [makeHit({ atMs: may }), makeHit({ atMs: july })]);
    const due = { nowMs: july, signalsBeforeMs: null, eventsBeforeMs: Date.UTC(2026, 5, 2), trustClock: true };
    const settle = (store: Store, atMs: number) => () => settleHits(store, [makeHit({ atMs })], `journal-${atMs}`);
    await meet([settle(one, july + 1), () => three.retainStep(due), settle(two, Date.UTC(2026, 7, 1))]);
    const months =
      "SELECT inhrelid::regclass::text AS month FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY 1";
    expect(rowsOf(url, months).map(({ month }) => month)).toEqual([
      'events_2026_07',
      'events_2026_08',
      'events_outside',
    ]);
    expect((await buildReport(one, { message: 'spring-sale' })).opens.total).toBe(4);
  });

  it.each([
    ['before', 1, 0],
    ['behind', 0, 1],
  ])('forgets the peer of an event that another adds meanwhile, whose turn comes %s', async (_, first, second) => {
    const { stores, meet, url } = await openSideBySide(2);
    const [one, two] = stores as [Store, Store];
    const hits = [0, 1_000, 2_000, 90_000].map((ms) => makeHit({ peer: 'aa'.repeat(8), atMs: startMs + ms }));
    const [early, between, ...late] = hits as [Hit, Hit, Hit, Hit];
    await settleHits(one, [early, ...late]);
    const dueMs = startMs + 3_000;
    const both = [() => one.forgetPeers(dueMs), () => settleHits(two, [between], 'another')];
    await meet([first, second].flatMap((at) => both[at] ?? []));
    while (await one.forgetPeers(dueMs));
    expect(rowsOf(url, 'SELECT count(*)::int AS kept FROM events WHERE peer IS NOT NULL')).toEqual([{ kept: 1 }]);
    expect(rowsOf(url, 'SELECT from_ms FROM kept_peers')).toEqual([{ from_ms: startMs + 90_000 }]);
  });

  it('leaves forgetting to whoever is at it', async () => {
    const { stores, meet, url } = await openSideBySide(2);
    const [one, two] = stores as [Store, Store];
    await settleHits(one, [makeHit({ peer: 'aa'.repeat(8) })]);
    const hasMore: boolean[] = [];
    const forget = (store: Store) => async () => {
      hasMore.push(await store.forgetPeers(startMs + 1));
    };
    await meet([forget(one), forget(two)]);
    expect(hasMore).toEqual([true, false]);
    expect(rowsOf(url, 'SELECT count(*)::int AS kept FROM events WHERE peer IS NOT NULL')).toEqual([{ kept: 0 }]);
  });

  it('reads on when a table gets a column under what it has prepared', async () => {
    const { url, store } = await openStoreAt();
    expect(await store.listWebhooks()).toEqual([]);
    changeFile(url, 'ALTER TABLE webhooks ADD COLUMN next bigint');
    expect(await store.listWebhooks()).toEqual([]);
  });
});
