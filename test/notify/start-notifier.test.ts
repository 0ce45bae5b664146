// Telling endpoints over real connections: down, slow, odd, and again in the end.
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeRetryMs, noticeRetryMsMax, parkAfterMs } from '../../src/base/limits.ts';
import { type NotifierOptions, startNotifier, waitAfter } from '../../src/notify/start-notifier.ts';
import type { Store } from '../../src/store/open-store.ts';
import { makeHit, startMs } from '../support/hits.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

const OPEN = { allowPrivate: true, ports: [] };

/** A notifier that looks when it is told to, by a clock that is set by hand. */
function startTelling(store: Store, receiver: Pick<Receiver, 'port'>, of: Partial<NotifierOptions> = {}) {
  const problems: string[] = [];
  const clock = { nowMs: Date.now() };
  const notifier = startNotifier({
    store,
    policy: { ...OPEN, ports: [receiver.port] },
    onProblem: (error) => problems.push(String(error)),
    lookMs: 3_600_000,
    now: () => clock.nowMs,
    random: () => 0,
    ...of,
  });
  onTestFinished(() => notifier.stop());
  return { notifier, problems, clock };
}

async function opened() {
  const receiver = await startReceiver();
  const { store } = await openTestStore();
  const webhook = await store.addWebhook(
    { url: receiver.url, secret: receiver.secret, events: null, labels: null },
    'test',
  );
  const settle = (count: number, from = 0) =>
    settleHits(
      store,
      Array.from({ length: count }, (_, at) => makeHit({ recipient: `r${from + at}`, atMs: startMs + from + at })),
    );
  return { receiver, store, webhook, settle };
}

const idsOf = ({ events }: Receiver) => events.map(({ data }) => data.recipient);

describe('an endpoint', () => {
  it('gets every event once, in order and signed, in as few requests as fit', async () => {
    const { receiver, store, settle } = await opened();
    const { notifier, problems } = startTelling(store, receiver);
    await settle(250);
    await notifier.tellNow();
    expect(idsOf(receiver)).toEqual(Array.from({ length: 250 }, (_, at) => `r${at}`));
    expect([receiver.requests.length, receiver.forged, problems]).toEqual([3, 0, []]);
    expect(notifier.status()).toEqual({ taken: 3, failed: 0 });
    await notifier.tellNow();
    expect(receiver.requests.length).toBe(3);
  });

  it('that is down for a while gets every event once by its id, and requests keep their names', async () => {
    const { receiver, store, settle } = await opened();
    const { notifier, clock, problems } = startTelling(store, receiver);
    receiver.answer(500);
    await settle(3);
    await notifier.tellNow();
    await notifier.tellNow();
    expect(receiver.requests.length).toBe(1);
    for (let attempt = 2; attempt <= 6; attempt += 1) {
      await settle(3, attempt * 10);
      clock.nowMs += noticeRetryMs * 2 ** (attempt - 2);
      await notifier.tellNow();
      expect(receiver.requests.length).toBe(attempt);
    }
    expect(new Set(receiver.requests).size).toBe(1);
    expect(problems).toEqual([
      expect.stringMatching(/^Error: Webhook wh_\w+ at 127\.0\.0\.1:\d+ takes no events: it answered 500/),
    ]);
    receiver.answer(204);
    clock.nowMs += noticeRetryMsMax;
    await notifier.tellNow();
    const ids = receiver.events.map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([18, 18]);
    expect(await store.listWebhooks()).toMatchObject([{ waiting: 0, parked: 0, problem: null }]);
  });

  it('that took a request and did not say so in time gets it again, by the same name and with the same ids', async () => {
    const { receiver, store, settle } = await opened();
    const { notifier, clock } = startTelling(store, receiver, { timeoutMs: 200 });
    receiver.answer(() => undefined);
    await settle(2);
    await notifier.tellNow();
    expect(await store.listWebhooks()).toMatchObject([{ problem: 'it did not answer within 0.2 s' }]);
    receiver.answer(200);
    clock.nowMs += noticeRetryMs;
    await notifier.tellNow();
    expect(new Set(receiver.requests).size).toBe(1);
    expect(receiver.requests.length).toBe(2);
    expect(receiver.events).toHaveLength(2);
  });

  it('that takes nothing for a day has its events parked, told of, and told again when that is asked for', async () => {
    const { receiver, store, webhook, settle } = await opened();
    const { notifier, clock, problems } = startTelling(store, receiver);
    receiver.answer(410);
    await settle(2);
    await notifier.tellNow();
    clock.nowMs += parkAfterMs + 1_000;
    await notifier.tellNow();
    expect(await store.listWebhooks()).toMatchObject([{ waiting: 0, parked: 2 }]);
    expect(problems.at(-1)).toContain(`Parked events: 2. Mend it, then: telltale webhooks replay ${webhook.id}`);
    receiver.answer(200);
    await notifier.tellNow();
    expect(receiver.events).toEqual([]);
    await store.replayNotices(null);
    await notifier.tellNow();
    expect(idsOf(receiver)).toEqual(['r0', 'r1']);
  });

  it('that redirects is not followed, and its answer is read to a limit', async () => {
    const { receiver, store, settle } = await opened();
    const { notifier, clock } = startTelling(store, receiver);
    receiver.answer(302);
    await settle(1);
    await notifier.tellNow();
    expect(await store.listWebhooks()).toMatchObject([
      { problem: 'it answered 302: redirects are not followed', waiting: 1 },
    ]);
    // An answer without an end.
    receiver.answer((_, response) => {
      response.writeHead(200);
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', write);
      write();
    });
    clock.nowMs += noticeRetryMs;
    await notifier.tellNow();
    expect(await store.listWebhooks()).toMatchObject([{ waiting: 0, problem: null }]);
  });

  it('whose name leads to this machine is not asked, however it answered when it was added', async () => {
    const { receiver, store } = await opened();
    const { port } = receiver;
    const named = { url: `http://hooks.example:${port}/`, secret: receiver.secret, events: null, labels: null };
    for (const { id } of await store.listWebhooks()) await store.removeWebhook(id);
    await store.addWebhook(named, 'test');
    const asked: string[] = [];
    const lookup = async (host: string) => {
      asked.push(host);
      return ['127.0.0.1', '8.8.8.8'].map((address) => ({ address, family: 4 }));
    };
    const policy = { allowPrivate: false, ports: [port] };
    const { notifier } = startTelling(store, receiver, { policy, lookup });
    await settleHits(store, [makeHit()]);
    await notifier.tellNow();
    expect([asked, receiver.requests]).toEqual([['hooks.example'], []]);
    expect((await store.listWebhooks())[0]?.problem).toContain('127.0.0.1 is no public address');
  });

  it('is connected to at the address that was checked, by its name', async () => {
    const { receiver, store } = await opened();
    for (const { id } of await store.listWebhooks()) await store.removeWebhook(id);
    await store.addWebhook(
      { url: `http://hooks.example:${receiver.port}/`, secret: receiver.secret, events: null, labels: null },
      'test',
    );
    const hosts: unknown[] = [];
    receiver.answer((request, response) => {
      hosts.push(request.headers.host);
      response.end();
    });
    let asked = 0;
    const lookup = async () => {
      asked += 1;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const { notifier } = startTelling(store, receiver, { lookup });
    await settleHits(store, [makeHit()]);
    await notifier.tellNow();
    // No second question, which might be answered otherwise.
    expect([asked, hosts]).toEqual([1, [`hooks.example:${receiver.port}`]]);
  });

  it('that is slow makes no other wait', async () => {
    const { receiver, store, settle } = await opened();
    const slow = await startReceiver();
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    slow.answer(() => isAsked());
    await store.addWebhook({ url: slow.url, secret: slow.secret, events: null, labels: null }, 'test');
    const policy = { ...OPEN, ports: [receiver.port, slow.port] };
    const { notifier } = startTelling(store, receiver, { policy, timeoutMs: 60_000 });
    await settle(2);
    const telling = notifier.tellNow();
    await asked;
    await receiver.hasTaken(2);
    await settle(2, 10);
    void notifier.tellNow();
    await receiver.hasTaken(4);
    // Stopping lets go of it; what it was told waits for the next start.
    await notifier.stop();
    await telling;
    expect(await store.listWebhooks()).toMatchObject([{}, { waiting: 4, problem: null }]);
  });

  it('is told again what it did not take while the store was away', async () => {
    const { receiver, store, settle } = await opened();
    let isAway = true;
    const failing = {
      ...store,
      takeNotices: (webhook: number) => (isAway ? Promise.reject(new Error('away')) : store.takeNotices(webhook)),
    };
    const { notifier, problems } = startTelling(failing, receiver);
    await settle(1);
    await notifier.tellNow();
    await notifier.tellNow();
    expect(problems).toEqual(['Error: away']);
    isAway = false;
    await notifier.tellNow();
    expect(receiver.events).toHaveLength(1);
  });
});

describe('the time to the next try', () => {
  it('doubles with each, up to two hours, and is up to half of it less by chance', () => {
    expect([1, 2, 3, 4].map((attempt) => waitAfter(attempt, 0))).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(waitAfter(1, 1)).toBe(2_500);
    for (const attempt of [12, 30, 1_000]) expect(waitAfter(attempt, 0)).toBe(noticeRetryMsMax);
  });
});
