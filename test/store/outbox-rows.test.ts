// What is written to be told, in the transaction in which it happens, and what becomes of it.
import { describe, expect, it } from 'vitest';
import type { Conversion } from '../../src/base/conversion.ts';
import { noticeBatchBytesMax, noticesAtOnce, parkAfterMs, webhooksMax } from '../../src/base/limits.ts';
import type { Delivery } from '../../src/deliveries/delivery.ts';
import { erase } from '../../src/retain/erase.ts';
import type { Store } from '../../src/store/open-store.ts';
import type { NewWebhook } from '../../src/store/webhook-rows.ts';
import { CLIENTS, makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import type { ToldEvent } from '../support/receiver.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const MESSAGE = 'spring-sale';
const ALL: NewWebhook = { url: 'https://hooks.example/', secret: 'whsec_x', events: null, labels: null };
const nowMs = startMs + 1_000;

/** All that waits for an endpoint, taken as it is told. */
async function told(store: Store, webhook = 1): Promise<readonly ToldEvent[]> {
  const events: ToldEvent[] = [];
  for (;;) {
    const batch = await store.takeNotices(webhook);
    if (batch === undefined) return events;
    events.push(...batch.notices.map((notice) => JSON.parse(notice)));
    await store.endNotices(webhook, batch.id);
  }
}

const delivery = (of: Partial<Delivery> = {}): Delivery => ({
  ...{ id: 'e1', message: MESSAGE, recipient: 'r1', event: 'delivered', atMs: sentMs, isTimed: true, isHard: false },
  ...of,
});

describe('the outbox', () => {
  it('holds nothing while nobody is told', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [makeHit()]);
    await store.recordDeliveries([delivery()]);
    expect(rowsOf(path, 'SELECT * FROM outbox')).toEqual([]);
  });

  it('has each open, click, unsubscribe and delivery once, with its verdict, whatever came twice', async () => {
    const { store } = await openTestStore();
    await store.addWebhook(ALL, 'test');
    const hits = [
      makeHit({ atMs: startMs }),
      makeHit({ atMs: startMs + 1_000, link: makeLink({ index: 2, destination: 'https://example.com/a' }) }),
      makeHit({ atMs: startMs + 2_000, kind: 'unsubscribe', method: 'POST' }),
    ];
    await settleHits(store, hits);
    await settleHits(store, hits);
    await store.recordDeliveries([delivery(), delivery(), delivery({ id: 'e2', event: 'bounced', isHard: true })]);
    const events = await told(store);
    expect(events.map(({ type }) => type)).toEqual(['open', 'click', 'unsubscribe', 'delivered', 'bounced']);
    expect(new Set(events.map(({ id }) => id)).size).toBe(5);
    expect(events[1]).toEqual({
      id: `evt_${hits[1]?.id}`,
      type: 'click',
      timestamp: new Date(startMs + 1_000).toISOString(),
      data: {
        ...{ message: MESSAGE, recipient: 'r1', link: 2, destination: 'https://example.com/a', hit: hits[1]?.id },
        ...{
          label: 'human',
          confidence: expect.any(Number),
          reasons: expect.any(Array),
          rulesVersion: expect.any(String),
        },
      },
    });
    expect(events[2]?.data).toEqual({ message: MESSAGE, recipient: 'r1' });
    expect(events[4]?.data).toEqual({
      message: MESSAGE,
      recipient: 'r1',
      at: new Date(sentMs).toISOString(),
      bounce: 'hard',
    });
    expect(await told(store)).toEqual([]);
  });

  it('has nothing of test traffic, of repeats, and of who is counted without a name', async () => {
    const { store } = await openTestStore();
    await store.addWebhook(ALL, 'test');
    await settleHits(store, [
      makeHit({ test: true }),
      makeHit({ repeat: true }),
      makeHit({ level: 'aggregate' }),
      makeHit({ recipient: null, level: 'aggregate' }),
      makeHit({ test: true, kind: 'unsubscribe' }),
    ]);
    expect(await told(store)).toEqual([]);
  });

  it('tells of a hit that turned out to be something else, and of a new one what it is in the end', async () => {
    const { store } = await openTestStore();
    await store.addWebhook(ALL, 'test');
    await settleHits(store, [makeHit()]);
    await store.recordSends(MESSAGE, [{ recipient: 'r1', atMs: startMs }]);
    const [open, relabel] = await told(store);
    expect([open?.type, open?.data.label]).toEqual(['open', 'human']);
    expect(relabel).toMatchObject({
      type: 'relabel',
      data: {
        event: 'open',
        message: MESSAGE,
        recipient: 'r1',
        link: null,
        destination: null,
        from: 'human',
        label: 'scanner',
        reasons: ['at-delivery'],
      },
    });
    expect(relabel?.data.hit).toBe(open?.data.hit);
    // Of a burst in one batch, all are what they are by one another.
    const burst = [0, 1, 2, 3, 4].map((index) =>
      makeHit({
        recipient: 'r2',
        atMs: startMs + 60_000 + index * 100,
        link: makeLink({ index, count: 8, destination: `https://example.com/${index}` }),
      }),
    );
    await settleHits(store, burst);
    const events = await told(store);
    expect(events.map(({ type, data }) => `${type} ${data.label}`)).toEqual(
      Array.from({ length: 5 }, () => 'click scanner'),
    );
  });

  it('has nothing new of somebody who has withdrawn since', async () => {
    const { store } = await openTestStore();
    await store.addWebhook(ALL, 'test');
    await settleHits(store, [makeHit(), makeHit({ recipient: 'r2' })]);
    await told(store);
    await store.setConsent('r1', { opens: 'aggregate', clicks: 'individual' }, 'test');
    await store.recordSends(
      MESSAGE,
      ['r1', 'r2'].map((recipient) => ({ recipient, atMs: startMs })),
    );
    expect((await told(store)).map(({ type, data }) => [type, data.recipient])).toEqual([['relabel', 'r2']]);
  });

  it('is filled for each endpoint with what it asked for alone', async () => {
    const { store } = await openTestStore();
    await store.addWebhook({ ...ALL, events: ['open', 'relabel'], labels: ['human'] }, 'test');
    await store.addWebhook({ ...ALL, labels: ['scanner'] }, 'test');
    await settleHits(store, [
      makeHit(),
      makeHit({ from: CLIENTS.head }),
      makeHit({ link: makeLink(), from: CLIENTS.head }),
    ]);
    await store.recordDeliveries([delivery()]);
    const of = async (webhook: number) => (await told(store, webhook)).map(({ type, data }) => `${type} ${data.label}`);
    expect(await of(1)).toEqual(['open human']);
    expect(await of(2)).toEqual(['open scanner', 'click scanner', 'delivered undefined']);
  });

  it('gives the same batch until it is taken, of so many events and bytes at most, in order', async () => {
    const { store } = await openTestStore();
    await store.addWebhook(ALL, 'test');
    const hits = Array.from({ length: 250 }, (_, at) =>
      makeHit({
        recipient: `r${at}`,
        atMs: startMs + at,
        link: at < 100 ? makeLink({ destination: `https://example.com/${'x'.repeat(2_000)}` }) : null,
      }),
    );
    await settleHits(store, hits);
    const first = await store.takeNotices(1);
    expect(await store.takeNotices(1)).toEqual(first);
    await settleHits(store, [makeHit({ atMs: startMs + 1_000 })]);
    expect(await store.takeNotices(1)).toEqual(first);
    const ids: string[] = [];
    for (let batch = first; batch !== undefined; batch = await store.takeNotices(1)) {
      expect(batch.notices.length).toBeLessThanOrEqual(noticesAtOnce);
      expect(batch.notices.join(',').length).toBeLessThanOrEqual(noticeBatchBytesMax);
      ids.push(...batch.notices.map((notice) => JSON.parse(notice).data.hit));
      await store.endNotices(1, batch.id);
    }
    expect(ids.slice(0, 250)).toEqual(hits.map(({ id }) => id));
    expect(ids).toHaveLength(251);
  });

  it('is due when the endpoint may be asked, and parked after a day of failures, until it is to be told again', async () => {
    const { store } = await openTestStore();
    const { id } = await store.addWebhook(ALL, 'test');
    expect(await store.dueWebhooks(nowMs)).toEqual([]);
    await settleHits(store, [makeHit()]);
    expect(await store.dueWebhooks(nowMs)).toMatchObject([{ key: 1, id, attempts: 0 }]);
    await store.takeNotices(1);
    const createdMs = Date.now();
    const failed = (atMs: number) => store.failNotices(1, { problem: 'down', nowMs: atMs, nextAtMs: atMs + 5_000 });
    expect(await failed(createdMs)).toBe(0);
    expect(await store.dueWebhooks(createdMs + 4_999)).toEqual([]);
    expect(await store.dueWebhooks(createdMs + 5_000)).toMatchObject([{ attempts: 1 }]);
    expect(await store.listWebhooks()).toMatchObject([
      { waiting: 1, parked: 0, problem: 'down', failingSinceMs: createdMs, nextAtMs: createdMs + 5_000 },
    ]);
    expect(await failed(createdMs + parkAfterMs - 1)).toBe(0);
    expect(await failed(createdMs + parkAfterMs)).toBe(1);
    expect(await store.listWebhooks()).toMatchObject([{ waiting: 0, parked: 1, nextAtMs: null }]);
    expect(await store.dueWebhooks(createdMs + 10 * parkAfterMs)).toEqual([]);
    expect(await store.replayNotices('wh_other')).toBe(0);
    expect(await store.replayNotices(id)).toBe(1);
    expect(await store.listWebhooks()).toMatchObject([{ waiting: 1, parked: 0, problem: null }]);
    expect(await told(store)).toHaveLength(1);
  });

  it('has nothing left of a recipient who is erased, a message that is deleted, an endpoint that is removed', async () => {
    const { store, path } = await openTestStore();
    const { id } = await store.addWebhook(ALL, 'test');
    const left = () => rowsOf(path, 'SELECT payload FROM outbox').length;
    await settleHits(store, [
      makeHit({ recipient: 'gone' }),
      makeHit({ recipient: 'r2' }),
      makeHit({ message: 'other' }),
    ]);
    expect((await erase(store, { recipient: 'gone', by: 'command' })).rows).toMatchObject({ deliveries: 0, outbox: 1 });
    expect(JSON.stringify(rowsOf(path, 'SELECT payload FROM outbox'))).not.toContain('gone');
    await store.deleteMessage(MESSAGE);
    while (await store.sweepStep());
    expect(left()).toBe(1);
    expect(await store.removeWebhook(id)).toBe(true);
    expect(await store.removeWebhook(id)).toBe(false);
    expect([left(), await store.listWebhooks()]).toEqual([0, []]);
  });
});

describe('endpoints', () => {
  it('of the configuration are what it says now, and keep what waits for them', async () => {
    const { store } = await openTestStore();
    await store.setConfiguredWebhooks([]);
    const one = { id: 'wh_one', ...ALL };
    await store.setConfiguredWebhooks([one, { ...one, id: 'wh_two' }]);
    const { id } = await store.addWebhook(ALL, 'token');
    await settleHits(store, [makeHit()]);
    await store.setConfiguredWebhooks([{ ...one, events: ['click'] }]);
    expect(
      (await store.listWebhooks()).map((webhook) => [webhook.id, webhook.by, webhook.events, webhook.waiting]),
    ).toEqual([
      ['wh_one', 'configuration', ['click'], 1],
      [id, 'token', null, 1],
    ]);
    await store.setConfiguredWebhooks([]);
    expect(await store.listWebhooks()).toHaveLength(1);
  });

  it('are so many at most', async () => {
    const { store } = await openTestStore();
    for (let count = 0; count < webhooksMax; count += 1) await store.addWebhook(ALL, 'test');
    await expect(store.addWebhook(ALL, 'test')).rejects.toMatchObject({ code: 'INVALID_WEBHOOK' });
  });
});

describe('what is told of conversions', () => {
  it('is each order once, and each correction, with whose it is; no test', async () => {
    const { store } = await openTestStore();
    await store.addWebhook(ALL, 'test');
    const order: Conversion = {
      ...{ order: '1001', atMs: startMs, proof: 'posted', test: false, recipient: 'r1', message: null },
      ...{ click: { message: MESSAGE, link: 2, atMs: startMs }, refunded: null },
      money: { currency: 'EUR', minor: 4_990 },
    };
    await store.recordConversions([order, { ...order, order: '1002', test: true }]);
    await store.recordConversions([
      order,
      { ...order, click: null, recipient: null, money: null, refunded: { currency: 'EUR', minor: 990 } },
    ]);
    const all = await told(store);
    expect(all.map(({ type, data }) => [type, data])).toEqual([
      [
        'conversion',
        {
          ...{ message: MESSAGE, recipient: 'r1', link: 2, order: '1001', proof: 'posted' },
          ...{ value: { currency: 'EUR', amount: '49.90' }, refunded: null },
        },
      ],
      [
        'conversion',
        {
          ...{ message: MESSAGE, recipient: 'r1', link: 2, order: '1001', proof: 'posted' },
          ...{ value: { currency: 'EUR', amount: '49.90' }, refunded: { currency: 'EUR', amount: '9.90' } },
        },
      ],
    ]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(2);
  });
});
