import { describe, expect, it } from 'vitest';
import { retainedAtOnce } from '../../src/base/limits.ts';
import { sweep } from '../../src/retain/sweep.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { changeFile, openTestStore, rowsOf, settleHits, type TestStore } from '../support/stores.ts';

async function filledStore(): Promise<TestStore> {
  const opened = await openTestStore();
  const told = { url: 'https://hooks.example/', secret: 'whsec_', events: null, labels: null };
  await opened.store.addWebhook(told, 'test');
  for (const message of ['a', 'b']) {
    await opened.store.recordSends(
      message,
      ['r1', 'r2'].map((recipient) => ({ recipient, atMs: startMs, domain: 'example.com' })),
    );
    await opened.store.recordLinks(message, [{ index: 1, destination: 'https://example.com/', name: 'Shop' }]);
    await opened.store.recordMail(message, {
      hash: Buffer.alloc(32),
      bytes: 1,
      packed: Buffer.from('x'),
      atMs: startMs,
    });
    const of = { id: null, atMs: startMs, isTimed: true, isHard: false } as const;
    await opened.store.recordDeliveries([{ ...of, message, recipient: 'r1', event: 'delivered' }]);
    const run = { id: 'one', host: 'here', pid: 1 };
    await opened.store.startSending(message, run);
    await opened.store.logSends(message, run, { ended: [], begun: ['r1'] });
    await settleHits(opened.store, [
      makeHit({ message, peer: '0123456789abcdef' }),
      makeHit({ message, link: makeLink() }),
      makeHit({ message, kind: 'unsubscribe' }),
    ]);
    await opened.store.recordConversions([
      {
        ...{ order: message, atMs: startMs, proof: 'posted', test: false, recipient: 'r1', message, click: null },
        ...{ money: { currency: 'EUR', minor: 1 }, refunded: null },
      },
    ]);
  }
  return opened;
}

/** The tables that hang on messages. */
function tablesOf(path: string): readonly string[] {
  return rowsOf(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    .map(({ name }) => String(name))
    .filter((table) => rowsOf(path, `PRAGMA table_info("${table}")`).some(({ name }) => name === 'message_key'));
}

/** How many rows each of them has of the message with a number. */
function rowsLeft(path: string, message: number): Readonly<Record<string, unknown>> {
  const counted = tablesOf(path).map((table) => [
    table,
    rowsOf(path, `SELECT count(*) AS n FROM ${table} WHERE message_key = ${message}`)[0]?.['n'],
  ]);
  return Object.fromEntries(counted);
}

describe('a deleted message', () => {
  it('leaves nothing in any table, and nothing of others goes', async () => {
    const { store, path } = await filledStore();
    const other = rowsLeft(path, 2);
    expect(Object.values(rowsLeft(path, 1)).every((rows) => Number(rows) > 0)).toBe(true);
    expect(await store.deleteMessage('a')).toBe(true);
    await sweep(store);
    expect(Object.values(rowsLeft(path, 1))).toEqual(tablesOf(path).map(() => 0));
    expect(rowsLeft(path, 2)).toEqual(other);
    expect(rowsOf(path, 'SELECT * FROM deleted_messages')).toEqual([]);
    expect(await store.deleteMessage('a')).toBe(false);
  });

  it('is gone before its rows are, and its number is not given again', async () => {
    const { store, path } = await filledStore();
    await store.deleteMessage('b');
    expect(await store.findMessage('b')).toBeUndefined();
    await settleHits(store, [makeHit({ message: 'b' })]);
    expect(rowsOf(path, "SELECT key FROM messages WHERE id = 'b'")).toEqual([{ key: 3 }]);
    await sweep(store);
    expect(await store.countsOf('b')).toEqual(
      expect.arrayContaining([expect.objectContaining({ label: 'human', total: 1 })]),
    );
  });

  it('goes in steps of bounded size, and with retention when nobody goes on', async () => {
    const { store, path } = await filledStore();
    changeFile(
      path,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${retainedAtOnce + 100})
        INSERT INTO sends (message_key, recipient_key, at_ms, timed, opens, clicks)
          SELECT 1, unhex(printf('%016x', i)), ${startMs}, 1, 0, 0 FROM n`,
    );
    await store.deleteMessage('a');
    expect(await store.sweepStep()).toBe(true);
    expect(rowsLeft(path, 1)).toMatchObject({ events: 0 });
    expect(Number(rowsLeft(path, 1)['sends'])).toBeGreaterThan(0);
    const due = { nowMs: startMs, signalsBeforeMs: null, eventsBeforeMs: null, trustClock: true };
    expect(await store.retainStep(due)).toMatchObject({ hasMore: false });
    expect(rowsLeft(path, 1)).toMatchObject({ sends: 0, counts: 0 });
  });
});
