// Endpoints by API, and a whole service that tells them.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startReceiver } from '../support/receiver.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

let service: TestService;
let tokens: Record<'write' | 'admin', string>;
beforeAll(async () => {
  service = await startTestService();
  tokens = {
    write: (await service.store.createApiToken('write')).token,
    admin: (await service.store.createApiToken('admin')).token,
  };
});
afterAll(() => service.end());

async function api(method: string, path: string, body?: unknown, token = tokens.admin, url = service.url) {
  const answer = await ask(`${url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, ...(answer.text === '' ? {} : JSON.parse(answer.text)) };
}

describe('an endpoint', () => {
  it('is added with a secret that is told once, listed without it, and removed', async () => {
    const made = await api('POST', '/webhooks', { url: 'https://8.8.8.8/hook', events: ['click'], labels: ['human'] });
    expect(made).toMatchObject({
      status: 201,
      url: 'https://8.8.8.8/hook',
      events: ['click'],
      labels: ['human'],
      waiting: 0,
    });
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { items } = await api('GET', '/webhooks');
    expect(items).toEqual([expect.objectContaining({ id: made.id, problem: null, by: expect.any(String) })]);
    expect(JSON.stringify(items)).not.toContain('whsec_');
    expect(
      (await ask(`${service.url}/api/v1/webhooks?format=csv`, { headers: { authorization: `Bearer ${tokens.admin}` } }))
        .text,
    ).toContain(`${made.id},https://8.8.8.8/hook,`);
    expect(await api('DELETE', `/webhooks?id=${made.id}`)).toEqual({ status: 204 });
    expect(await api('DELETE', `/webhooks?id=${made.id}`)).toMatchObject({ status: 404 });
    expect(await api('DELETE', '/webhooks')).toMatchObject({ status: 400, detail: expect.stringContaining('?id=') });
    expect(await api('POST', '/webhooks/replay')).toEqual({ status: 200, replayed: 0 });
    expect(await api('POST', '/webhooks/replay?id=wh_none')).toMatchObject({ status: 404 });
  });

  it.each([
    ['http://169.254.169.254/', 'no public address'],
    ['http://[::1]', 'no public address'],
    ['http://localhost/', 'no public address'],
    ['https://hooks.example:8443/', 'neither 80 nor 443'],
    ['https://a:b@hooks.example/', 'a name or a password'],
    ['javascript:alert(1)', 'begins with javascript:'],
    ['nowhere', 'it is no address'],
  ])('at %s is refused, and why', async (url, reason) => {
    expect(await api('POST', '/webhooks', { url })).toMatchObject({
      status: 400,
      detail: expect.stringContaining(reason),
    });
  });

  it.each([
    [{}, 'url'],
    [{ url: 'https://8.8.8.8/', events: ['opened'] }, 'must be some of open, click'],
    [{ url: 'https://8.8.8.8/', events: [] }, 'leave it out for all'],
    [{ url: 'https://8.8.8.8/', labels: ['person'] }, 'must be some of human'],
    [{ url: 'https://8.8.8.8/', secret: 'short' }, 'whsec_'],
    [{ url: 'https://8.8.8.8/', event: ['open'] }, 'event'],
  ])('asked for with %j is refused, and why', async (body, reason) => {
    expect(await api('POST', '/webhooks', body)).toMatchObject({
      status: 400,
      detail: expect.stringContaining(reason),
    });
  });

  it('is for those with scope admin', async () => {
    expect(await api('GET', '/webhooks', undefined, tokens.write)).toMatchObject({ status: 403 });
    expect(await api('POST', '/webhooks', { url: 'https://8.8.8.8/' }, tokens.write)).toMatchObject({ status: 403 });
  });
});

describe('a service', () => {
  async function startTelling() {
    const receiver = await startReceiver();
    const { secret, url, port } = receiver;
    const endpoints = [{ id: 'wh_configured', url, secret, events: null, labels: null }];
    const telling = await startTestService({ webhooks: { endpoints, allowPrivate: true, ports: [port] } });
    onTestFinished(() => telling.end());
    const token = (await telling.store.createApiToken('admin')).token;
    const mail = telling.tracker.compile('<body><a href="https://shop.example/">Shop</a>', { message: 'sale' });
    const headers = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0 Safari/537.36',
      'accept-language': 'en',
    };
    const hit = (recipient: string, kind: 'o' | 'c') => ask(urlIn(mail.render(recipient).html, kind), { headers });
    return { receiver, telling, token, hit };
  }

  it('tells of opens, clicks and deliveries, and answers readers however the receiver does', async () => {
    const { receiver, telling, token, hit } = await startTelling();
    receiver.answer(() => undefined);
    expect((await hit('r1', 'o')).status).toBe(200);
    await telling.settler.settleNow();
    const stuck = telling.notifier?.tellNow();
    for (const recipient of ['r2', 'r3']) {
      const answer = await hit(recipient, 'c');
      expect([answer.status, answer.headers['telltale-durable']]).toEqual([302, 'yes']);
    }
    await telling.settler.settleNow();
    const told = { message: 'sale', recipient: 'r1', event: 'delivered', at: '2026-01-01T09:00:00Z' };
    expect(await api('POST', '/deliveries', told, token, telling.url)).toMatchObject({ accepted: 1 });
    const listed = await api('GET', '/webhooks', undefined, token, telling.url);
    expect(listed.items).toMatchObject([{ id: 'wh_configured', by: 'configuration', waiting: 4 }]);
    await stuck;
    receiver.answer(200);
    await telling.store.replayNotices(null);
    await retryNow(telling);
    await receiver.hasTaken(4);
    const types = receiver.events.map(({ type }) => type).sort();
    expect([types, receiver.forged]).toEqual([['click', 'click', 'delivered', 'open'], 0]);
    expect(await api('DELETE', '/webhooks?id=wh_configured', undefined, token, telling.url)).toMatchObject({
      status: 409,
    });
    const metrics = (await ask(`${telling.url}/metrics`)).text;
    expect(metrics).toContain('telltale_webhook_events{webhook="wh_configured",state="parked"} 0');
    expect(metrics).toMatch(/telltale_webhook_requests\{outcome="failed"\} 1/);
  });

  /** As though the time had come. */
  async function retryNow({ store, notifier }: TestService): Promise<void> {
    const due = await store.dueWebhooks(Number.MAX_SAFE_INTEGER);
    for (const { key } of due) {
      const batch = await store.takeNotices(key);
      if (batch !== undefined)
        await store.failNotices(key, { problem: 'tried by the test', nowMs: Date.now(), nextAtMs: 0 });
    }
    await notifier?.tellNow();
  }
});
