import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { loginFormMs, sessionMs } from '../../src/base/limits.ts';
import { createApp } from '../../src/server/create-app.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { cookieOf, csrfIn, getLoginForm, logIn, sendForm, sendLogin, setCookieOf } from '../support/log-in.ts';
import { ask, startTestService, type TestService } from '../support/service.ts';

const EXTRA = 'an-admin-token-of-the-environment';
let service: TestService;
let token: string;
beforeAll(async () => {
  service = await startTestService({ apiToken: EXTRA, baseUrl: 'https://t.example.com' });
  token = (await service.store.createApiToken('read')).token;
});
afterAll(() => service.end());

const PAGES = ['/', '/messages/m?tz=UTC', '/compare?a=x&b=y', '/recipients/r1'];

/** Another server over the same store and keys, with a clock of its own. */
async function serveAt(now: () => number): Promise<string> {
  const { store, journal } = service;
  const tracker = { baseUrl: 'http://127.0.0.1', keys: createKeyRing(service.ring) };
  const server = createApp({ tracker, store, journal, apiToken: EXTRA, now }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

describe('who is not logged in', () => {
  it.each(PAGES)('is sent to the login, and comes back: %s', async (path) => {
    const sent = await ask(service.url + path);
    expect(sent.status).toBe(303);
    const login = new URL(String(sent.headers['location']), service.url + path);
    expect(login.pathname).toBe('/login');
    const back = login.searchParams.get('return') ?? '/';
    const came = await sendLogin(service.url, { token, return: back });
    expect(new URL(String(came.headers['location']), `${service.url}/login`).href).toBe(service.url + path);
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example/', 'https:evil.example'])(
    'is led to no other site: %s',
    async (back) => {
      const came = await sendLogin(service.url, { token, return: back });
      expect(came.headers['location']).toBe('./');
      const logged = await ask(`${service.url}/login?return=${encodeURIComponent(back)}`, {
        headers: { cookie: cookieOf(came) },
      });
      expect([logged.status, logged.headers['location']]).toEqual([303, './']);
    },
  );
});

describe('a session', () => {
  it('is a cookie that scripts and other sites do not get, for twelve hours', async () => {
    const plain = setCookieOf(await sendLogin(service.url, { token }));
    expect(plain).toMatch(/^telltale=[a-z2-7]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
    const headers = { host: 't.example.com', origin: 'https://t.example.com' };
    const secure = setCookieOf(await sendLogin(service.url, { token }, headers));
    expect(secure).toMatch(/^__Host-telltale=[a-z2-7]+; Secure; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  });

  it('is not taken by its name for the loopback at any other host', async () => {
    const { cookie } = await logIn(service.url, token);
    const at = (host: string, sent: string) => ask(service.url, { headers: { host, cookie: sent } });
    expect((await at('t.example.com', cookie)).status).toBe(303);
    expect((await at('t.example.com', cookie.replace('telltale=', '__Host-telltale='))).status).toBe(200);
  });

  it('ends at once when its token is revoked', async () => {
    const made = await service.store.createApiToken('read');
    const session = await logIn(service.url, made.token);
    expect((await session.get('/')).status).toBe(200);
    await service.store.revokeApiToken(made.id);
    expect((await session.get('/')).status).toBe(303);
  });

  it('is had for a token of any scope, and for the one of the environment', async () => {
    for (const scope of ['write', 'admin'] as const) {
      const made = await service.store.createApiToken(scope);
      expect((await (await logIn(service.url, made.token)).get('/')).status).toBe(200);
    }
    expect((await (await logIn(service.url, EXTRA)).get('/')).status).toBe(200);
  });

  it('opens the pages alone, not the API', async () => {
    const session = await logIn(service.url, token);
    expect((await session.get('/api/v1/messages')).status).toBe(401);
  });

  it.each(['nonsense', '', 'a'.repeat(3_000), '%F0%9F'])('is none of a made-up cookie: %j', async (value) => {
    const answer = await ask(service.url, { headers: { cookie: `telltale=${value}` } });
    expect(answer.status).toBe(303);
  });

  it('ends after twelve hours, and is good at another server with the same keys', async () => {
    let atMs = Date.now();
    const url = await serveAt(() => atMs);
    const { cookie } = await logIn(service.url, token);
    const status = async () => (await ask(url, { headers: { cookie } })).status;
    expect(await status()).toBe(200);
    atMs = Date.now() + sessionMs;
    expect(await status()).toBe(303);
  });
});

describe('logging in', () => {
  it.each([
    ['a wrong token', `tt_aaaaaaaa_${'a'.repeat(52)}`],
    ['none', ''],
    ['markup', '"><script>alert(1)</script>'],
  ])('says what is wrong with %s, and shows nothing of it', async (_, wrong) => {
    const answer = await sendLogin(service.url, { token: wrong, return: '/messages/m' });
    expect(answer.status).toBe(401);
    expect(setCookieOf(answer)).toBe('');
    expect(answer.text).toContain('no valid API token');
    expect(answer.text).toContain('value="/messages/m"');
    expect(answer.text).not.toContain('<script>');
    if (wrong !== '') expect(answer.text).not.toContain(wrong);
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { origin: 'https://evil.example' }],
    ['nowhere', { origin: 'null' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['something that is no form', { 'content-type': 'application/json' }],
  ])('is refused from %s', async (_, headers) => {
    const answer = await sendLogin(service.url, { token }, headers);
    expect(answer.status).toBe(403);
    expect(setCookieOf(answer)).toBe('');
  });

  it('is refused without an Origin', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { cookie, csrf } = await getLoginForm(service.url);
    const body = String(new URLSearchParams({ token, csrf }));
    const answer = await ask(`${service.url}/login`, { method: 'POST', headers: { ...headers, cookie }, body });
    expect([answer.status, setCookieOf(answer)]).toEqual([403, '']);
  });

  it('is refused but with the form that this browser was given, and the page that says so has one', async () => {
    const own = await getLoginForm(service.url);
    const other = await getLoginForm(service.url);
    const session = await logIn(service.url, token);
    const send = (fields: Record<string, string>, cookie = own.cookie) =>
      sendForm(`${service.url}/login`, { token, return: '/messages/m', ...fields }, { cookie });
    const wrongs = [
      send({}),
      send({ csrf: '' }),
      send({ csrf: other.csrf }),
      send({ csrf: `${own.csrf.slice(0, -1)}${own.csrf.endsWith('a') ? 'b' : 'a'}` }),
      send({ csrf: session.cookie.split('=')[1] ?? '' }),
      send({ csrf: csrfIn(await session.get('/')) }),
      send({ csrf: own.csrf }, ''),
      send({ csrf: own.csrf }, other.cookie),
      send({ csrf: own.csrf }, 'telltale-login='),
    ];
    for (const answer of await Promise.all(wrongs)) {
      expect([answer.status, setCookieOf(answer)]).toEqual([403, '']);
      expect(answer.text).toContain('Try again');
      const again = { csrf: csrfIn(answer), return: '/messages/m' };
      const taken = await send(again, cookieOf(answer, 'telltale-login'));
      expect([taken.status, taken.headers['location']]).toEqual([303, './messages/m']);
    }
    expect((await send({ csrf: own.csrf })).status).toBe(303);
  });

  it('takes the forms of several tabs, and of one in which the token was wrong', async () => {
    const { cookie, csrf } = await getLoginForm(service.url);
    const second = await ask(`${service.url}/login`, { headers: { cookie } });
    expect(cookieOf(second, 'telltale-login')).toBe(cookie);
    for (const form of [csrf, csrfIn(second), csrf]) {
      const wrong = await sendForm(`${service.url}/login`, { token: 'tt_wrong', csrf: form }, { cookie });
      expect([wrong.status, cookieOf(wrong, 'telltale-login')]).toEqual([401, cookie]);
      const right = await sendForm(`${service.url}/login`, { token, csrf: csrfIn(wrong) }, { cookie });
      expect(right.status).toBe(303);
    }
  });

  it('takes a form for an hour, at any server with the same keys', async () => {
    let atMs = Date.now();
    const url = await serveAt(() => atMs);
    const { cookie, csrf } = await getLoginForm(service.url);
    const status = async () => (await sendForm(`${url}/login`, { token, csrf }, { cookie })).status;
    expect(await status()).toBe(303);
    atMs = Date.now() + loginFormMs;
    expect(await status()).toBe(403);
  });

  it('gives the form a cookie that scripts and other sites do not get, for an hour', async () => {
    const own = setCookieOf(await ask(`${service.url}/login`), 'telltale-login');
    expect(own).toMatch(/^telltale-login=[\w-]{22}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600$/);
    const away = await ask(`${service.url}/login`, { headers: { host: 't.example.com' } });
    expect(setCookieOf(away, 'telltale-login')).toMatch(
      /^__Host-telltale-login=[\w-]{22}; Secure; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3600$/,
    );
  });

  it('is refused over plain http, but on the machine itself', async () => {
    const headers = { host: 't.example.com', origin: 'http://t.example.com' };
    const answer = await sendLogin(service.url, { token }, headers);
    expect([answer.status, setCookieOf(answer)]).toEqual([403, '']);
    expect(answer.text).toContain('https');
  });

  it('is taken through a proxy that names another host, when it comes from the base URL', async () => {
    const answer = await sendLogin(service.url, { token }, { origin: 'https://t.example.com' });
    expect(setCookieOf(answer)).toMatch(/^__Host-telltale=/);
  });

  it('is slowed down with the API for those who guess', async () => {
    const guessed = await startTestService({ trustedProxies: 'loopback' });
    onTestFinished(() => guessed.end());
    const made = await guessed.store.createApiToken('read');
    const from = { 'x-forwarded-for': '203.0.113.9' };
    for (let guess = 0; guess < 10; guess += 1) {
      expect((await sendLogin(guessed.url, { token: `tt_${guess}` }, from)).status).toBe(401);
      const authorization = `Bearer tt_${guess}`;
      expect((await ask(`${guessed.url}/api/v1/messages`, { headers: { ...from, authorization } })).status).toBe(401);
    }
    const refused = await sendLogin(guessed.url, { token: made.token }, from);
    expect([refused.status, setCookieOf(refused)]).toEqual([429, '']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await sendLogin(guessed.url, { token: made.token })).status).toBe(303);
  });
});

describe('logging out', () => {
  it('takes the cookie away, with the CSRF token of the session alone', async () => {
    const session = await logIn(service.url, token);
    const other = await logIn(service.url, EXTRA);
    const out = (csrf: string, headers = {}) =>
      sendForm(`${service.url}/logout`, { csrf }, { cookie: session.cookie, ...headers });
    const csrf = csrfIn(await session.get('/'));
    const stranger = csrfIn(await other.get('/'));
    expect(csrf).not.toBe('');
    for (const wrong of ['', stranger, `${csrf}x`]) expect((await out(wrong)).status).toBe(403);
    expect((await out(csrf, { origin: 'https://evil.example' })).status).toBe(403);
    const answer = await out(csrf);
    expect([answer.status, answer.headers['location']]).toEqual([303, './login']);
    expect(setCookieOf(answer)).toMatch(/^telltale=; .*Max-Age=0$/);
  });

  it('harms nobody who is not logged in', async () => {
    expect((await sendForm(`${service.url}/logout`, {})).status).toBe(303);
  });

  it('is no GET', async () => {
    expect((await ask(`${service.url}/logout`)).status).toBe(404);
  });
});

describe('the pages', () => {
  it('load nothing, run nothing, are framed nowhere and kept nowhere', async () => {
    const { headers } = await (await logIn(service.url, token)).get('/');
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex',
    });
  });

  it('are at the admin port alone when there is one', async () => {
    const parted = await startTestService({ apiToken: EXTRA, adminPort: 0 });
    onTestFinished(() => parted.end());
    for (const path of [...PAGES, '/login']) {
      expect((await ask(parted.url + path)).status).toBe(404);
      expect((await ask(`${parted.adminUrl}${path}`)).status).toBeLessThan(400);
    }
    const session = await logIn(parted.adminUrl ?? '', EXTRA);
    expect((await session.get('/')).text).toContain('No messages yet');
  });

  it('stand below the base path, too', async () => {
    const below = await startTestService({ apiToken: EXTRA, baseUrl: 'http://127.0.0.1:1/tell/tale' });
    onTestFinished(() => below.end());
    expect((await ask(`${below.url}/tell/tale`)).headers['location']).toBe('tale/');
    expect((await ask(`${below.url}/tell/tale/messages/m`)).headers['location']).toMatch(
      /^\.\.\/login\?return=%2Fmessages%2Fm$/,
    );
    const came = await sendLogin(`${below.url}/tell/tale`, { token: EXTRA, return: '/messages/m' });
    expect(came.headers['location']).toBe('./messages/m');
    const page = await ask(`${below.url}/tell/tale/`, { headers: { cookie: cookieOf(came) } });
    expect(page.text).toContain('action="./logout"');
  });
});
