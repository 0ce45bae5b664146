// What is PostgreSQL's own: months of events, many who write at once, and all that can be wrong with a server.
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { erase } from '../../src/retain/erase.ts';
import { openStore } from '../../src/store/open-store.ts';
import { explainStoreError } from '../../src/store/store-error.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { hasPostgres, onServer, readAtOnce } from '../support/postgres.ts';
import { makeTestDatabase, settleHits } from '../support/stores.ts';

const DAY = 86_400_000;

const monthsOf = (url: string) =>
  readAtOnce<{ readonly name: string }>(
    url,
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY 1`,
  ).map(({ name }) => name);

describe.skipIf(!hasPostgres)('a store in PostgreSQL', () => {
  it('has a table for each month of events, drops what is due whole, and counts what went', async () => {
    const { url } = await makeTestDatabase();
    const store = await openStore(url);
    try {
      const hits = [0, 10, 40, 70].map((days) => makeHit({ atMs: startMs + days * DAY, recipient: `r${days}` }));
      await settleHits(store, hits);
      expect(monthsOf(url)).toEqual(['events_2026_01', 'events_2026_02', 'events_2026_03', 'events_outside']);
      const before = await buildReport(store, { message: 'spring-sale' });
      const due = { nowMs: startMs + 500 * DAY, signalsBeforeMs: null, eventsBeforeMs: startMs + 69 * DAY };
      const { removed } = await store.retainStep({ ...due, trustClock: true });
      expect(removed.events).toBe(3);
      expect(monthsOf(url)).toEqual(['events_2026_03', 'events_outside']);
      expect(await buildReport(store, { message: 'spring-sale' })).toEqual(before);
      // One that comes late has room again.
      await settleHits(store, [makeHit({ atMs: startMs + 12 * DAY })]);
      expect(monthsOf(url)).toContain('events_2026_01');
    } finally {
      await store.close();
    }
  });

  it('keeps what no clock should say apart', async () => {
    const { url } = await makeTestDatabase();
    const store = await openStore(url);
    try {
      await settleHits(store, [makeHit({ atMs: 4_000 }), makeHit({ atMs: Date.UTC(2150, 1) })]);
      expect(monthsOf(url)).toEqual(['events_outside']);
      expect((await buildReport(store, { message: 'spring-sale' })).opens.total).toBe(2);
    } finally {
      await store.close();
    }
  });

  it('counts exactly what several processes settle at once, each hit once, and no recipient twice', async () => {
    const { url } = await makeTestDatabase();
    const stores = await Promise.all([1, 2, 3].map(() => openStore(url)));
    try {
      const hits = Array.from({ length: 300 }, (_, at) =>
        makeHit({
          recipient: `r${at % 50}`,
          atMs: startMs + at * 100_000,
          ...(at % 3 === 0 && { link: makeLink(), kind: 'click' as const }),
        }),
      );
      // Each has all hits, as a journal that was copied would.
      await Promise.all(
        stores.map(async (store, collector) => {
          for (let from = 0; from < hits.length; from += 100) {
            await settleHits(store, hits.slice(from, from + 100), `collector-${collector}`);
          }
        }),
      );
      const { opens, clicks } = await buildReport(stores[0] as (typeof stores)[0], { message: 'spring-sale' });
      expect([opens.total, opens.unique, clicks.total, clicks.unique]).toEqual([200, 50, 100, 50]);
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  });

  it('is made once by many who start at the same moment', async () => {
    const { url } = await makeTestDatabase(true);
    const stores = await Promise.all([1, 2, 3, 4].map(() => openStore(url)));
    const ids = await Promise.all(stores.map((store) => store.changesAfter(0, 1).then(({ log }) => log)));
    await Promise.all(stores.map((store) => store.close()));
    expect(new Set(ids).size).toBe(1);
  });

  it('says of an erasure that its files have the rows until they are vacuumed', async () => {
    const { url } = await makeTestDatabase();
    const store = await openStore(url);
    try {
      await settleHits(store, [makeHit()]);
      const erased = await erase(store, { recipient: 'r1', by: 'test' });
      expect(erased).toMatchObject({ isScrubbed: false, isToVacuum: true, rows: { events: 1, recipients: 1 } });
    } finally {
      await store.close();
    }
  });

  it('tells others of a withdrawal without being asked', async () => {
    const { url } = await makeTestDatabase();
    const [one, other] = [await openStore(url), await openStore(url)];
    try {
      const listening = new Promise<void>((resolve) => {
        let told = 0;
        // The first says that it listens from now on.
        other.onControlChange(() => {
          told += 1;
          if (told === 1) void one.setConsent('r1', { opens: 'none', clicks: 'none' }, 'test');
          else resolve();
        });
      });
      await listening;
      const { changes } = await other.changesAfter(0, 10);
      expect(changes.map(({ change }) => change.kind)).toEqual(['consent']);
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
  });

  it('goes on by itself when its connections were ended, and loses nothing that it had committed', async () => {
    const { url } = await makeTestDatabase();
    const store = await openStore(url);
    try {
      await settleHits(store, [makeHit({ recipient: 'before' })]);
      await onServer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(url).pathname.slice(1)}'`,
      );
      const hits = [makeHit({ recipient: 'after' })];
      // Who settles tries again.
      await settleHits(store, hits).catch(() => settleHits(store, hits));
      const report = await buildReport(store, { message: 'spring-sale' }).catch(() =>
        buildReport(store, { message: 'spring-sale' }),
      );
      expect(report.opens.unique).toBe(2);
    } finally {
      await store.close();
    }
  });
});

describe.skipIf(!hasPostgres)('a server that cannot be used', () => {
  it.each([
    ['postgres://postgres@127.0.0.1:1/telltale', /does not answer.*host and port/],
    ['postgres://postgres@nowhere.invalid/telltale', /does not answer/],
    ['postgres://127.0.0.1:notaport/x', /cannot be read/],
    ['postgres://postgres@127.0.0.1/x?pool_max=0', /pool_max is a number from 1 to 100, but "0" came/],
  ])('is named, with what to do: %s', async (url, words) => {
    await expect(openStore(url)).rejects.toThrow(words);
  });

  it('shows no password', async () => {
    await expect(openStore('postgres://user:pa55word@127.0.0.1:1/telltale')).rejects.not.toThrow('pa55word');
  });

  it('is told to be missing a database, a right, or the will to write', async () => {
    const { url } = await makeTestDatabase(true);
    const missing = Object.assign(new URL(url), { pathname: '/telltale_is_not_there' }).href;
    await expect(openStore(missing)).rejects.toThrow(/no such database.*createdb/);
    const name = new URL(url).pathname.slice(1);
    await onServer(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await expect(openStore(url)).rejects.toThrow('only reads: default_transaction_read_only is on');
  });

  it('that a newer Telltale wrote is left alone', async () => {
    const { url } = await makeTestDatabase();
    readAtOnce(url, "INSERT INTO kysely_migration VALUES ('9999_later', '2026-01-01')");
    await expect(openStore(url)).rejects.toMatchObject({ code: 'NEWER_DATABASE' });
  });

  it('that has no room left is told so, and hits that it cannot take now are not refused', async () => {
    const { url } = await makeTestDatabase();
    const store = await openStore(url);
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`);
      await client.query('CREATE TRIGGER full_disk BEFORE INSERT ON journals EXECUTE FUNCTION full_disk()');
      const error = await settleHits(store, [makeHit()]).catch((thrown: unknown) => explainStoreError(thrown));
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('no room') });
      await client.query('DROP TRIGGER full_disk ON journals');
      await settleHits(store, [makeHit()]);
    } finally {
      await client.end();
      await store.close();
    }
  });
});
