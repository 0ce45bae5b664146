import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

const EXTRA = 'an-extra-token';
const asAdmin = { headers: { authorization: `Bearer ${EXTRA}` } };
let service: TestService;
let adminUrl: string;
beforeAll(async () => {
  service = await startTestService({ apiToken: EXTRA, adminPort: 0 });
  adminUrl = service.adminUrl ?? '';
});
afterAll(() => service.end());

async function statusesAt(path: string): Promise<readonly number[]> {
  const answers = await Promise.all([service.url, adminUrl].map((url) => ask(url + path, asAdmin)));
  return answers.map(({ status }) => status);
}

it('is another port of this machine', () => {
  expect(adminUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(adminUrl).not.toBe(service.url);
});

it.each(['/api/v1/messages', '/api/v1/revocations', '/metrics'])('alone answers %s', async (path) => {
  expect(await statusesAt(path)).toEqual([404, 200]);
});

it.each(['/healthz', '/readyz'])('leaves %s to the port of the collector', async (path) => {
  expect(await statusesAt(path)).toEqual([200, 404]);
});

it('leaves tracking paths to the port of the collector, and reports what came there', async () => {
  const mail = service.tracker.compile('<body><a href="https://shop.example/">Shop</a>', { message: 'm' }).render('r1');
  for (const kind of ['o', 'c'] as const) {
    const { pathname } = new URL(urlIn(mail.html, kind));
    expect(await statusesAt(pathname)).toEqual([kind === 'o' ? 200 : 302, 404]);
  }
  await service.settler.settleNow();
  const report = await ask(`${adminUrl}/api/v1/messages/m`, asAdmin);
  expect(JSON.parse(report.text)).toMatchObject({ opens: { total: 1 }, clicks: { total: 1 } });
  expect((await ask(`${adminUrl}/metrics`)).text).toContain('\ntelltale_hits_settled 2\n');
});

it('asks for a token like the other, and answers to loopback names alone', async () => {
  expect((await ask(`${adminUrl}/api/v1/messages`)).status).toBe(401);
  expect((await ask(`${adminUrl}/metrics`, { headers: { host: 't.example.com' } })).status).toBe(421);
});
