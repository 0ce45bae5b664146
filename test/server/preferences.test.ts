// The preferences page over HTTP, and that what it says holds for mail that is sent already.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { addKey, revokeKey } from '../../src/token/key-ring.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { allRows } from '../support/stores.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const STOP = 'preferences=stop-tracking';
const LEAVE = 'preferences=unsubscribe';

describe('the preferences page', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService();
  });
  afterAll(() => service.end());

  // Not kept: that is done when there is time, in the middle of what is compared here.
  const mail = { message: 'm', keepMail: false } as const;
  const compile = () => service.tracker.compile('<body><a href="https://shop.example/">x</a></body>', mail);
  const pageOf = (recipient: string) => compile().preferencesUrl(recipient);
  /** Once more when the disk was slow: asking again does no harm. */
  let posts = 0;
  async function post(recipient: string, body: string): ReturnType<typeof ask> {
    posts += 1;
    const answer = await ask(pageOf(recipient), { method: 'POST', headers: FORM, body });
    return answer.status === 503 ? post(recipient, body) : answer;
  }
  const stored = () => {
    return allRows(join(service.directory, 'telltale.db'), 'journals', 'clock');
  };

  it('is linked from the page that unsubscribes', async () => {
    const out = compile().unsubscribeUrl('r0');
    const page = await ask(out);
    const link = /href="(\.\.\/p\/[a-z2-7]+)"/.exec(page.text)?.[1] ?? '';
    expect(new URL(link, out).href).toBe(pageOf('r0'));
  });

  it('shows both choices, loads nothing, runs nothing and sets no cookie', async () => {
    const page = await ask(pageOf('r0'));
    expect([page.status, page.text.match(/<button/g)?.length]).toEqual([200, 2]);
    expect(page.text).not.toMatch(/<script|<img|<link/);
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    expect([page.headers['set-cookie'], page.headers['cache-control']]).toEqual([undefined, 'no-store']);
  });

  it.each([
    ['GET', undefined],
    ['HEAD', undefined],
    ['OPTIONS', undefined],
    ['POST', ''],
    ['POST', 'preferences=all'],
    ['POST', `a=1&${STOP}`],
    ['POST', 'List-Unsubscribe=One-Click'],
    ['POST', STOP.repeat(100)],
    ['PUT', STOP],
    ['DELETE', STOP],
  ])('changes nothing on %s with %j', async (method, body) => {
    const before = stored();
    const { status } = await ask(pageOf('r1'), { method, headers: FORM, ...(body !== undefined && { body }) });
    const expected = { GET: 200, HEAD: 200, OPTIONS: 204, POST: 400, PUT: 405, DELETE: 405 }[method];
    expect(status).toBe(expected);
    await service.settler.settleNow();
    expect(stored()).toEqual(before);
  });

  it('stops the tracking in mail that is sent already, whose links still lead there, and keeps what proves it', async () => {
    const { html } = compile().render('r2');
    expect((await ask(urlIn(html, 'o'))).headers['telltale-ignored']).toBeUndefined();
    const answer = await post('r2', STOP);
    expect([answer.status, answer.headers['telltale-durable'], answer.headers['set-cookie']]).toEqual([
      200,
      'yes',
      undefined,
    ]);
    await expect
      .poll(async () => (await ask(urlIn(html, 'o'))).headers['telltale-ignored'], { timeout: 5_000 })
      .toBe('consent');
    const click = await ask(urlIn(html, 'c'));
    expect([click.status, click.headers['telltale-ignored']]).toEqual([302, 'consent']);
    expect(await service.store.consentsOf('r2', 10)).toMatchObject([
      {
        consent: { opens: 'none', clicks: 'none' },
        ...{ purpose: 'open and click tracking', source: 'preferences page', by: 'recipient' },
      },
    ]);
    expect(await service.store.sendability(['r2'])).toMatchObject([{ suppressed: null }]);
    const page = await ask(pageOf('r2'));
    expect([page.text.includes('Tracking is <strong>off</strong>'), page.text.match(/<button/g)?.length]).toEqual([
      true,
      1,
    ]);
  });

  it('unsubscribes, and says so from then on', async () => {
    expect((await post('r3', LEAVE)).status).toBe(200);
    await service.settler.settleNow();
    expect(await service.store.sendability(['r3'])).toMatchObject([{ suppressed: 'unsubscribe', consent: null }]);
    expect((await ask(pageOf('r3'))).text).toContain('You are <strong>unsubscribed</strong>');
  });

  it('works for who is erased, and brings nothing of them back', async () => {
    await service.store.eraseRecipient('gone-7c1f', 'us');
    await service.control.follower.followNow();
    const left = async () => (await buildReport(service.store, { message: 'm' })).unsubscribes;
    const before = await left();
    expect((await post('gone-7c1f', STOP)).status).toBe(200);
    posts = 0;
    expect((await post('gone-7c1f', LEAVE)).status).toBe(200);
    await service.settler.settleNow();
    expect(await left()).toBe(before + posts);
    expect(JSON.stringify(stored())).not.toContain('gone-7c1f');
    expect((await ask(pageOf('gone-7c1f'))).status).toBe(200);
  });

  it('refuses the token of a pixel and what is none, and names another way when the key is revoked', async () => {
    const token = /\/o\/([a-z2-7]+)/.exec(compile().render('r1').html)?.[1] ?? '';
    for (const text of [token, 'aaaa']) {
      const answer = await ask(`${service.url}/p/${text}`, { method: 'POST', headers: FORM, body: STOP });
      expect([answer.status, answer.headers['telltale-ignored']]).toEqual([404, 'invalid']);
    }
    const url = pageOf('r1');
    const [first] = service.ring.keys;
    const ring = addKey(service.ring, { secret: new Uint8Array(32).fill(7), atMs: 1, sign: true });
    service.keys.replace(revokeKey(ring, first?.id ?? '', 2));
    const answer = await ask(url, { method: 'POST', headers: FORM, body: STOP });
    expect([answer.status, answer.headers['telltale-ignored']]).toEqual([410, 'revoked']);
    expect(answer.text).toContain('mailto:');
  });
});
