import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { ask, startTestService, type TestService } from '../support/service.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const ONE_CLICK = 'List-Unsubscribe=One-Click';

describe('unsubscribe', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.end());

  function wayOut(recipient: string): string {
    const { headers } = service.tracker.compile('<p>Hi', { message: 'm' }).render(recipient);
    return (headers['List-Unsubscribe'] ?? '').slice(1, -1);
  }

  async function count(): Promise<number> {
    await service.settler.settleNow();
    const report = await buildReport(service.store, { message: 'm' }).catch(() => undefined);
    return report?.unsubscribes ?? 0;
  }

  it.each(['GET', 'HEAD', 'OPTIONS'])('never acts on %s', async (method) => {
    const before = await count();
    const answer = await ask(wayOut('r0'), { method });
    expect(answer.status).toBe(method === 'OPTIONS' ? 204 : 200);
    expect(await count()).toBe(before);
  });

  it('shows a page with one button that posts the one body', async () => {
    const page = await ask(wayOut('r0'));
    expect(page.text).toContain('<form method="post">');
    expect(page.text).toContain('name="List-Unsubscribe" value="One-Click"');
    expect(page.text.match(/<button/g)).toHaveLength(1);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['set-cookie']).toBeUndefined();
  });

  const multipart = `--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n`;
  it.each([
    ['a form', FORM, ONE_CLICK],
    ['a multipart form', { 'content-type': 'multipart/form-data; boundary=b' }, multipart],
  ])('acts at once on %s with the one body', async (_, headers, body) => {
    const before = await count();
    const url = wayOut(`r-${body.length}`);
    const answer = await ask(url, { method: 'POST', headers, body });
    expect([answer.status, answer.headers['telltale-durable']]).toEqual([200, 'yes']);
    expect(answer.headers['location']).toBeUndefined();
    expect(await count()).toBe(before + 1);
    await ask(url, { method: 'POST', headers, body });
    expect(await count()).toBe(before + 1);
  });

  it.each([
    ['nothing', ''],
    ['another value', 'List-Unsubscribe=yes'],
    ['something before it', `a=1&${ONE_CLICK}`],
    ['too much', ONE_CLICK.repeat(100)],
  ])('changes nothing on a body that holds %s', async (_, body) => {
    const before = await count();
    expect((await ask(wayOut('r9'), { method: 'POST', headers: FORM, body })).status).toBe(400);
    expect(await count()).toBe(before);
  });

  it('answers a token that is none with a page', async () => {
    const answer = await ask(`${service.url}/u/aaaa`, { method: 'POST', headers: FORM, body: ONE_CLICK });
    expect(answer.status).toBe(404);
  });

  it('does not take the token of a pixel', async () => {
    const { html } = service.tracker.compile('<p>Hi', { message: 'm' }).render('r1');
    const token = /\/o\/([a-z2-7]+)/.exec(html)?.[1] ?? '';
    const answer = await ask(`${service.url}/u/${token}`, { method: 'POST', headers: FORM, body: ONE_CLICK });
    expect(answer.status).toBe(404);
  });
});
