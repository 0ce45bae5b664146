// Erasing a recipient from a store: what goes, what stays, and that no file holds the id any more.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ERASED_TABLES, erase } from '../../src/retain/erase.ts';
import type { Store } from '../../src/store/open-store.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { testRing } from '../support/keys.ts';
import { allRows, openTestStore, rowsOf, settleHits } from '../support/stores.ts';
import { tracesOf } from '../support/traces.ts';

const GONE = 'anna-7c1f-gone';
const KEYS = createKeyRing(testRing());

/** Everything a store may hold of a recipient. */
async function fill(store: Store, recipient: string): Promise<void> {
  const run = { id: 'run', host: 'here', pid: process.pid };
  for (const message of ['m1', 'm2']) {
    await store.startSending(message, run);
    const send = { recipient, atMs: startMs, domain: 'example.com' };
    await store.logSends(message, run, {
      ended: [{ recipient, end: 'sent', atMs: startMs, reply: 250, send }],
      begun: [],
    });
    await store.endSending(message, run);
  }
  await settleHits(store, [
    makeHit({ message: 'm1', recipient, atMs: startMs + 60_000 }),
    makeHit({ message: 'm1', recipient, atMs: startMs + 61_000, link: makeLink() }),
    makeHit({ message: 'm1', recipient, atMs: startMs + 62_000, kind: 'unsubscribe' }),
    makeHit({ message: 'm2', recipient, atMs: startMs + 63_000, test: true }),
  ]);
  const arrived = { recipient, event: 'delivered', atMs: startMs, isTimed: true, isHard: false } as const;
  await store.recordDeliveries([{ id: null, message: 'm1', ...arrived }]);
  await store.recordConversions([
    {
      ...{
        order: `order-of-${recipient}`,
        atMs: startMs + 90_000,
        proof: 'posted',
        test: false,
        recipient,
        message: null,
      },
      click: { message: 'm1', link: 0, atMs: startMs + 61_000 },
      ...{ money: { currency: 'EUR', minor: 4_990 }, refunded: null },
    },
  ]);
  const proof = { purpose: 'opens', source: 'form', atMs: startMs };
  await store.setConsent(recipient, { opens: 'individual', clicks: 'none' }, 'us', proof);
}

const COUNTED = [
  'messages',
  'counts',
  'link_counts',
  'quarter_counts',
  'usage_counts',
  'audiences',
  'domain_counts',
  'conversion_counts',
  'conversion_quarters',
];

describe('erasing a recipient', () => {
  it('removes all rows that speak of them, and says how many of each table', async () => {
    const { store, path, directory } = await openTestStore();
    await store.addWebhook({ url: 'https://hooks.example/', secret: 'whsec_x', events: null, labels: null }, 'us');
    await fill(store, GONE);
    await fill(store, 'stays');
    const counted = () => COUNTED.map((table) => rowsOf(path, `SELECT * FROM ${table}`));
    const [before, had] = [counted(), allRows(path)];
    const { rows, tombstone, isScrubbed } = await erase(store, { recipient: GONE, by: 'us' });
    expect(rows).toEqual({
      ...{ recipients: 1, sends: 2, send_log: 2, events: 4, states: 2, link_states: 1, unsubscribes: 1 },
      ...{ deliveries: 1, conversions: 1, conversion_touches: 1, outbox: 5 },
      ...{ suppressions: 1, consents: 1, control_changes: 1 },
    });
    expect([tombstone.isNew, isScrubbed]).toEqual([true, true]);
    expect(tracesOf(directory, GONE, KEYS)).toEqual([]);
    expect(counted()).toEqual(before);
    // Of each table, half was theirs.
    const left = allRows(path);
    for (const table of ERASED_TABLES.filter((name) => name !== 'control_changes')) {
      expect([table, left[table]?.length]).toEqual([table, (had[table]?.length ?? 0) - rows[table]]);
    }
    expect(tracesOf(directory, 'stays', KEYS)).not.toEqual([]);
  });

  it('changes nothing the second time', async () => {
    const { store, path } = await openTestStore();
    await fill(store, GONE);
    await erase(store, { recipient: GONE, by: 'us' });
    const before = allRows(path);
    const { rows, tombstone } = await erase(store, { recipient: GONE, by: 'us' });
    expect(Object.values(rows).every((count) => count === 0)).toBe(true);
    expect(tombstone.isNew).toBe(false);
    expect(allRows(path)).toEqual(before);
  });

  it('leaves a tombstone of whom nothing is known', async () => {
    const { store } = await openTestStore();
    const { rows, tombstone } = await erase(store, { recipient: 'nobody', by: 'us' });
    expect([Object.values(rows).every((count) => count === 0), tombstone.isNew]).toEqual([true, true]);
    expect(await store.sendability(['nobody'])).toMatchObject([{ erased: true }]);
  });

  it('lets nothing of them come back: no hit, no send, no hand-over, no delivery, no sale, no suppression, no consent', async () => {
    const { store, path, directory } = await openTestStore();
    await fill(store, GONE);
    await erase(store, { recipient: GONE, by: 'us' });
    const { unsubscribes = 0 } = rowsOf(path, "SELECT unsubscribes FROM messages WHERE id = 'm1'")[0] ?? {};
    await fill(store, GONE);
    expect(await store.recordSends('m1', [{ recipient: GONE, atMs: startMs }])).toEqual({
      ...{ accepted: 0, duplicate: 0, erased: [GONE] },
    });
    expect(await store.suppress([GONE], 'manual')).toBe(0);
    expect(tracesOf(directory, GONE, KEYS)).toEqual([]);
    expect(rowsOf(path, 'SELECT * FROM recipients')).toEqual([]);
    // Who leaves is counted, not named.
    expect(rowsOf(path, "SELECT unsubscribes FROM messages WHERE id = 'm1'")[0]?.unsubscribes).toBe(
      Number(unsubscribes) + 1,
    );
  });

  it('leaves no id behind in pages that were split, merged and freed since', async () => {
    const { store, directory } = await openTestStore();
    const gone: string[] = [];
    for (let batch = 0; batch < 10; batch += 1) {
      const ids = Array.from({ length: 400 }, () => `person-${randomBytes(6).toString('hex')}`);
      await store.recordSends(
        'm',
        ids.map((recipient) => ({ recipient, atMs: startMs })),
      );
      for (const id of ids.slice(0, 4)) await store.setConsent(id, { opens: 'none', clicks: 'none' }, 'us');
      gone.push(...ids.slice(0, 4));
    }
    for (const recipient of gone) await erase(store, { recipient, by: 'us' });
    for (const recipient of gone) expect(tracesOf(directory, recipient, KEYS)).toEqual([]);
  });
});
