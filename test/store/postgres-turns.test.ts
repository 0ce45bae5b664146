import { Client } from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { makeHit } from '../support/hits.ts';
import { hasPostgres, makeDatabase } from '../support/postgres.ts';
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

  it('reads on when a table gets a column under what it has prepared', async () => {
    const { url, store } = await openStoreAt();
    expect(await store.listWebhooks()).toEqual([]);
    changeFile(url, 'ALTER TABLE webhooks ADD COLUMN next bigint');
    expect(await store.listWebhooks()).toEqual([]);
  });
});
