import { EventEmitter } from 'node:events';
import type { Context } from 'koa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { liveHeartbeatMs, livePollMs, liveStreamMs, liveWatchersMax } from '../../src/base/limits.ts';
import type { ReportSource } from '../../src/report/report-source.ts';
import { makeLive } from '../../src/server/live.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { openTestStore } from '../support/stores.ts';
import { watch } from '../support/watching.ts';

const EXTRA = 'an-extra-token';
const asAdmin = { authorization: `Bearer ${EXTRA}` };

describe('a server', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ apiToken: EXTRA, adminPort: 0 });
    await service.store.recordSends('m', [{ recipient: 'r1', atMs: 1 }]);
  });
  afterAll(() => service.end());
  const live = (id = 'm') => `${service.adminUrl}/api/v1/messages/${id}/live`;

  it('tells who watches a message its figures at once, and again when a hit has been settled', async () => {
    const watching = await watch(live(), asAdmin);
    expect(watching.status).toBe(200);
    expect(watching.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(await watching.next()).toMatchObject({ sent: 1, opens: { total: 0 } });
    const mail = service.tracker.compile('<body>x', { message: 'm' }).render('r1');
    await ask(urlIn(mail.html, 'o'));
    expect(await watching.next()).toMatchObject({ opens: { total: 1, unique: 1 }, rates: { open: { raw: 1 } } });
    watching.leave();
  });

  it('tells of a conversion, too', async () => {
    const watching = await watch(live(), asAdmin);
    expect(await watching.next()).toMatchObject({ conversions: { count: 0, value: [] } });
    await service.store.recordConversions([
      {
        ...{ order: '1', atMs: Date.now(), proof: 'posted', test: false, click: null, recipient: 'r1', message: 'm' },
        ...{ money: { currency: 'EUR', minor: 4_990 }, refunded: null },
      },
    ]);
    expect(await watching.next()).toMatchObject({
      conversions: { count: 1, value: [{ currency: 'EUR', amount: '49.90' }], rates: { sent: 1 } },
    });
    watching.leave();
  });

  it('says the same as the report, under the same names', async () => {
    const watching = await watch(live(), asAdmin);
    const report = JSON.parse((await ask(`${service.adminUrl}/api/v1/messages/m`, { headers: asAdmin })).text);
    expect(report).toMatchObject(await watching.next());
    watching.leave();
  });

  it('tells nobody without a token, and nothing of a message that is not known', async () => {
    expect((await ask(live())).status).toBe(401);
    expect((await ask(live('nobody'), { headers: asAdmin })).status).toBe(404);
    expect((await ask(live(), { method: 'HEAD', headers: asAdmin })).status).toBe(200);
  });

  it(`lets ${liveWatchersMax} watch and asks the next to wait`, async () => {
    const own = await startTestService({ apiToken: EXTRA });
    await own.store.recordSends('m', [{ recipient: 'r1', atMs: 1 }]);
    const url = `${own.url}/api/v1/messages/m/live`;
    const all = await Promise.all(Array.from({ length: liveWatchersMax }, () => watch(url, asAdmin)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await ask(url, { headers: asAdmin })).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
    for (const watching of all) watching.leave();
    const isFree = async () => {
      const next = await watch(url, asAdmin);
      next.leave();
      return next.status === 200;
    };
    await vi.waitUntil(isFree, { timeout: 60_000 });
    await own.end();
  });

  it('ends the answers of all who watch when it closes', async () => {
    const closing = await startTestService({ apiToken: EXTRA });
    await closing.store.recordSends('m', [{ recipient: 'r1', atMs: 1 }]);
    const watching = await watch(`${closing.url}/api/v1/messages/m/live`, asAdmin);
    await watching.next();
    await Promise.all([closing.end(), watching.ended()]);
  });
});

/** An answer that remembers what was written. */
class FakeResponse extends EventEmitter {
  closed = false;
  writableNeedDrain = false;
  readonly written: string[] = [];
  write(text: string): void {
    this.written.push(text);
  }
  end(): void {
    this.closed = true;
    this.emit('close');
  }
  reports(): number {
    return this.written.filter((text) => text.startsWith('event: report')).length;
  }
}

/** A message whose `sent` can be set, and how often it was looked up. */
async function countedSource() {
  const { store } = await openTestStore();
  await store.recordSends('m', []);
  const known = await store.findMessage('m');
  const state = { sent: 0, looks: 0, fails: false };
  const source: ReportSource = {
    ...store,
    findMessage: async (id) => {
      if (state.fails) throw new Error('locked');
      return id === 'm' && known ? { ...known, sent: state.sent } : undefined;
    },
    countsOf: async () => {
      state.looks += 1;
      return [];
    },
    audiencesOf: async () => ({ message: [], earlier: [] }),
    linksOf: async () => [],
  };
  return { source, state };
}

async function watchFake(live: ReturnType<typeof makeLive>): Promise<FakeResponse> {
  const res = new FakeResponse();
  const ctx = { method: 'GET', res, set: () => undefined, respond: true };
  await live.watch(ctx as unknown as Context, 'm');
  return res;
}

describe('the look at a message', () => {
  async function start() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { source, state } = await countedSource();
    const problems: unknown[] = [];
    const live = makeLive({ source, closing: undefined, onProblem: (error) => problems.push(error) });
    return { live, state, problems };
  }
  /** Lets time pass, and what was asked be answered. */
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it('is one a second, however many watch, and none when nobody does', async () => {
    const { live, state } = await start();
    const all = [await watchFake(live), await watchFake(live), await watchFake(live)];
    await pass(0);
    state.looks = 0;
    await pass(5 * livePollMs);
    expect(state.looks).toBe(5);
    expect(vi.getTimerCount()).toBe(1);
    for (const one of all) one.end();
    expect(vi.getTimerCount()).toBe(0);
    await pass(5 * livePollMs);
    expect(state.looks).toBe(5);
    vi.useRealTimers();
  });

  it('tells of changes alone, and says that it lives', async () => {
    const { live, state } = await start();
    const one = await watchFake(live);
    await pass(liveHeartbeatMs + livePollMs);
    expect(one.reports()).toBe(1);
    expect(one.written.at(-1)).toBe(':\n\n');
    state.sent = 7;
    await pass(livePollMs);
    expect(one.reports()).toBe(2);
    expect(one.written.at(-1)).toContain('"sent":7');
    one.end();
    vi.useRealTimers();
  });

  it('gives who does not read the last state, not all before it', async () => {
    const { live, state } = await start();
    const one = await watchFake(live);
    await pass(0);
    one.writableNeedDrain = true;
    for (state.sent = 1; state.sent < 5; state.sent += 1) await pass(livePollMs);
    expect(one.reports()).toBe(1);
    one.writableNeedDrain = false;
    await pass(livePollMs);
    expect(one.reports()).toBe(2);
    expect(one.written.at(-1)).toContain('"sent":5');
    one.end();
    vi.useRealTimers();
  });

  it('goes on when the store fails, and tells of that once', async () => {
    const { live, state, problems } = await start();
    const one = await watchFake(live);
    await pass(0);
    state.fails = true;
    await pass(3 * livePollMs);
    expect(problems).toEqual([new Error('locked')]);
    Object.assign(state, { fails: false, sent: 3 });
    await pass(livePollMs);
    expect(one.written.at(-1)).toContain('"sent":3');
    one.end();
    vi.useRealTimers();
  });

  it('has a watcher come again after a while, to show that it still may', async () => {
    const { live } = await start();
    const one = await watchFake(live);
    await pass(liveStreamMs + 2 * livePollMs);
    expect(one.closed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
