import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { makeHit } from '../support/hits.ts';
import { answersPostgres, makeDatabase } from '../support/postgres.ts';
import { changeFile, rowsOf, settleHits } from '../support/stores.ts';

const hasPostgres = await answersPostgres();

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

  it('goes on, and counts what is new once, when a table gets a column under what it has prepared', async () => {
    const { url, store } = await openStoreAt();
    const peer = Buffer.alloc(8, 1).toString('hex');
    await settleHits(store, [makeHit({ peer }), makeHit({ peer, recipient: 'r2' })]);
    changeFile(url, 'ALTER TABLE events ADD COLUMN next bigint');
    await settleHits(store, [makeHit({ peer }), makeHit({ peer, message: 'new', recipient: 'r3' })]);
    expect(rowsOf(url, 'SELECT count(*)::int AS events FROM events JOIN messages ON key = message_key')).toEqual([
      { events: 4 },
    ]);
  });
});
