import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { collector } from '../../src/server/collector.ts';
import { addKey, createKeyRing, revokeKey } from '../../src/token/key-ring.ts';
import { signLinkToken } from '../../src/token/link-token.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { type Answer, ask, urlIn } from '../support/service.ts';

const HTML = '<body><a href="https://shop.example/sale?a=1&amp;b=2">Sale</a></body>';
const ring = addKey(undefined, { secret: Buffer.alloc(32, 7), atMs: 0, sign: true });

interface Mounted {
  readonly url: string;
  readonly hits: Hit[];
  durable: boolean;
  close(): Promise<void>;
}

/** The middleware in somebody else's Koa app, over a journal that only remembers. */
async function mount(keys = createKeyRing(ring), path = '', baseUrls: readonly string[] = []): Promise<Mounted> {
  const hits: Hit[] = [];
  const state = { durable: true };
  const app = new Koa();
  const journal = {
    append: async (hit: Hit) => {
      hits.push(hit);
      return state.durable;
    },
  };
  app.use(
    collector({
      tracker: { ...createTracker({ baseUrl: `https://t.example.com${path}`, baseUrls, keys }), keys },
      ...{ journal, now: () => 1_700_000_000_000 },
    }),
  );
  app.use(async (ctx) => {
    ctx.body = `theirs ${ctx.path}`;
  });
  const server = createServer(app.callback());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits,
    get durable() {
      return state.durable;
    },
    set durable(value) {
      state.durable = value;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const tracker = createTracker({ baseUrl: 'https://t.example.com', keys: ring });
const mail = tracker.compile(HTML, { message: 'spring-sale' }).render('r1');
const pixelPath = new URL(urlIn(mail.html, 'o')).pathname;
const linkPath = new URL(urlIn(mail.html, 'c')).pathname;
const wayOutPath = new URL((mail.headers['List-Unsubscribe'] ?? '').slice(1, -1)).pathname;

function expectNoTrace(answer: Answer): void {
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(answer.headers['referrer-policy']).toBe('no-referrer');
  expect(answer.headers['x-robots-tag']).toBe('noindex');
  expect(answer.headers['set-cookie']).toBeUndefined();
}

describe('collector', () => {
  let at: Mounted;
  beforeAll(async () => {
    at = await mount();
  });
  afterAll(() => at.close());

  it('answers a pixel with a GIF after the hit is journalled', async () => {
    const answer = await ask(at.url + pixelPath, { headers: { 'user-agent': 'Agent/1', 'x-secret': 'not kept' } });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('image/gif');
    expect(answer.body.subarray(0, 6).toString()).toBe('GIF89a');
    expect(answer.body.length).toBe(43);
    expect(answer.headers['telltale-durable']).toBe('yes');
    expectNoTrace(answer);
    expect(at.hits.at(-1)).toMatchObject({
      kind: 'open',
      message: 'spring-sale',
      recipient: 'r1',
      level: 'individual',
      test: false,
      link: null,
      method: 'GET',
      atMs: 1_700_000_000_000,
      headers: { 'user-agent': 'Agent/1' },
    });
    expect(at.hits.at(-1)?.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it('redirects a click to its destination with an empty body', async () => {
    const answer = await ask(at.url + linkPath);
    expect(answer.status).toBe(302);
    expect(answer.headers['location']).toBe('https://shop.example/sale?a=1&b=2');
    expect(answer.body.length).toBe(0);
    expect(answer.headers['telltale-durable']).toBe('yes');
    expectNoTrace(answer);
    const link = { index: 0, count: 1, destination: 'https://shop.example/sale?a=1&b=2', honeypot: false };
    expect(at.hits.at(-1)).toMatchObject({ kind: 'click', recipient: 'r1', link });
  });

  it('says so when a hit is not on disk yet', async () => {
    at.durable = false;
    const pixel = await ask(at.url + pixelPath);
    const click = await ask(at.url + linkPath);
    at.durable = true;
    expect([pixel.status, pixel.headers['telltale-durable']]).toEqual([200, 'no']);
    expect([click.status, click.headers['telltale-durable']]).toEqual([302, 'no']);
  });

  it.each([
    ['HEAD', 200, 302],
    ['OPTIONS', 204, 204],
  ])('takes %s as a hit', async (method, pixelStatus, linkStatus) => {
    const before = at.hits.length;
    expect((await ask(at.url + pixelPath, { method })).status).toBe(pixelStatus);
    expect((await ask(at.url + linkPath, { method })).status).toBe(linkStatus);
    expect(at.hits.slice(before).map((hit) => hit.method)).toEqual([method, method]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('refuses %s without a hit', async (method) => {
    const before = at.hits.length;
    const answers = [await ask(at.url + pixelPath, { method }), await ask(at.url + linkPath, { method })];
    for (const answer of answers) {
      expect(answer.status).toBe(405);
      expect(answer.headers['allow']).toBe('GET, HEAD, OPTIONS');
    }
    expect(at.hits.length).toBe(before);
  });

  it.each([
    ['upper-case', (path: string) => path.toUpperCase()],
    ['with a query behind it', (path: string) => `${path}?utm_source=x&src=http://169.254.169.254/`],
  ])('accepts a URL %s', async (_, change) => {
    const before = at.hits.length;
    expect((await ask(at.url + change(pixelPath))).status).toBe(200);
    const click = await ask(at.url + change(linkPath));
    expect(click.headers['location']).toBe('https://shop.example/sale?a=1&b=2');
    expect(at.hits.length).toBe(before + 2);
  });

  const forged = pixelPath.slice(0, 10) + (pixelPath[10] === 'a' ? 'b' : 'a') + pixelPath.slice(11);
  it.each([
    ['a changed token', forged],
    ['no token', '/o/.gif'],
    ['no .gif', pixelPath.replace('.gif', '')],
    ['a trailing character', pixelPath.replace('.gif', 'a.gif')],
    ['padding', pixelPath.replace('.gif', '=.gif')],
    ['a malformed escape', '/o/%E0%A4%A.gif'],
    ['a token of 10,000 characters', `/o/${'a'.repeat(10_000)}.gif`],
    ['a way-out token', `/o/${wayOutPath.slice(3)}.gif`],
  ])('answers a pixel with %s and keeps nothing', async (_, path) => {
    const before = at.hits.length;
    const answer = await ask(at.url + path);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/gif']);
    expect(answer.headers['telltale-ignored']).toBe('invalid');
    expectNoTrace(answer);
    expect(at.hits.length).toBe(before);
  });

  const otherLink = signLinkToken(createKeyRing(ring).signing(), 'another-message', {
    index: 0,
    count: 1,
    destination: 'https://shop.example/',
    honeypot: false,
  });
  const unsafeLink = (destination: string) =>
    signLinkToken(createKeyRing(ring).signing(), 'spring-sale', { index: 0, count: 1, destination, honeypot: false });
  it.each([
    ['a changed link part', `${linkPath.slice(0, -6)}aaaaaa`],
    ['a link part of another message', linkPath.replace(/[^/]+$/, otherLink)],
    ['no link part that can be read', linkPath.replace(/[^/]+$/, 'aaaaaaaa')],
    ['a destination with userinfo', linkPath.replace(/[^/]+$/, unsafeLink('https://user@evil.example/'))],
    [
      'a destination with a line feed',
      linkPath.replace(/[^/]+$/, unsafeLink('https://evil.example/\nSet-Cookie: a=1')),
    ],
    ['a destination with a backslash', linkPath.replace(/[^/]+$/, unsafeLink('https://evil.example\\@good.example/'))],
  ])('answers a click with %s with a page, never a Location', async (_, path) => {
    const before = at.hits.length;
    const answer = await ask(`${at.url}${path}?url=https://evil.example&l=https://evil.example`);
    expect(answer.status).toBe(404);
    expect(answer.headers['location']).toBeUndefined();
    expect(answer.headers['telltale-ignored']).toBe('invalid');
    expect(answer.text).toContain('does not lead anywhere');
    expect(answer.text).not.toContain('evil.example');
    expectNoTrace(answer);
    expect(at.hits.length).toBe(before);
  });

  it('ignores what a request claims about hosts', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-original-url': '/evil' };
    const answer = await ask(at.url + linkPath, { headers });
    expect(answer.headers['location']).toBe('https://shop.example/sale?a=1&b=2');
  });

  it.each([['sec-gpc'], ['dnt']])('keeps no open under %s, and counts a click without the person', async (name) => {
    const before = at.hits.length;
    const headers = { [name]: '1' };
    const pixel = await ask(at.url + pixelPath, { headers });
    expect([pixel.status, pixel.headers['telltale-ignored']]).toEqual([200, 'privacy-signal']);
    expect(at.hits.length).toBe(before);
    expect((await ask(at.url + linkPath, { headers })).status).toBe(302);
    expect(at.hits.at(-1)).toMatchObject({ kind: 'click', recipient: null, level: 'aggregate' });
  });

  it('obeys the consent sealed in the mail', async () => {
    const plain = tracker.compile(HTML, { message: 'm', consent: { opens: 'aggregate', clicks: 'none' } });
    const pixel = new URL(urlIn(plain.render('r1').html, 'o')).pathname;
    await ask(at.url + pixel);
    expect(at.hits.at(-1)).toMatchObject({ kind: 'open', recipient: null, level: 'aggregate' });
  });

  it('redirects and records nothing where clicks may not be tracked', async () => {
    const opensOnly = tracker.compile(HTML, { message: 'spring-sale', consent: { clicks: 'none' } });
    const token = new URL(urlIn(opensOnly.render('r1').html, 'o')).pathname.slice(3, -4);
    const before = at.hits.length;
    const answer = await ask(`${at.url}/c/${token}/${linkPath.split('/').at(-1)}`);
    expect([answer.status, answer.headers['telltale-ignored']]).toEqual([302, 'consent']);
    expect(at.hits.length).toBe(before);
  });

  it('leaves every other path to the app it is mounted in', async () => {
    expect((await ask(`${at.url}/orders/o/1`)).text).toBe('theirs /orders/o/1');
    expect((await ask(`${at.url}/o`)).text).toBe('theirs /o');
  });

  it('answers an address that is no URL with 400', async () => {
    const answer = await ask(at.url, { path: 'http://[/o/x.gif' });
    expect([answer.status, answer.body.length]).toEqual([400, 0]);
  });

  it('cuts what it keeps of headers', async () => {
    await ask(at.url + pixelPath, {
      headers: { 'user-agent': 'a'.repeat(8_000), 'accept-language': 'b'.repeat(4_000) },
    });
    expect(at.hits.at(-1)?.headers['user-agent']).toHaveLength(512);
    expect(at.hits.at(-1)?.headers['accept-language']).toHaveLength(256);
  });

  it('keeps of the page that led here its host alone, and of a browser what it says of the request', async () => {
    const fetches = { 'sec-fetch-mode': 'navigate', 'sec-fetch-user': '?1', 'accept-encoding': 'gzip' };
    await ask(at.url + pixelPath, { headers: { ...fetches, referer: 'https://mail.example/inbox?user=frank#3' } });
    expect(at.hits.at(-1)?.headers).toEqual({ ...fetches, referer: 'https://mail.example' });
    await ask(at.url + pixelPath, { headers: { referer: 'android-app://com.example/' } });
    expect(at.hits.at(-1)?.headers).toEqual({});
  });
});

describe('collector with a path in its base URL', () => {
  it('answers below the path and without it', async () => {
    const at = await mount(createKeyRing(ring), '/mail');
    for (const path of [pixelPath, `/mail${pixelPath}`, `/MAIL${pixelPath}`]) {
      const answer = await ask(at.url + path);
      expect(answer.headers['telltale-durable']).toBe('yes');
    }
    expect((await ask(`${at.url}/mail/other`)).text).toBe('theirs /mail/other');
    await at.close();
  });
});

describe('collector with several base URLs', () => {
  it('answers below the path of each, the longest that fits, and without it', async () => {
    const at = await mount(createKeyRing(ring), '/mail', ['https://brand.example/mail/b', 'https://third.example']);
    for (const path of ['', '/mail', '/mail/b', '/Mail/B']) {
      expect((await ask(at.url + path + pixelPath)).headers['telltale-durable']).toBe('yes');
    }
    expect(at.hits).toHaveLength(4);
    for (const path of [`/mailb${pixelPath}`, `/mail/x${pixelPath}`, `/mail/b/b${pixelPath}`]) {
      expect((await ask(at.url + path)).text).toBe(`theirs ${path}`);
    }
    await at.close();
  });
});

describe('collector with a revoked key', () => {
  const rotated = addKey(ring, { secret: Buffer.alloc(32, 8), atMs: 0, sign: true });
  const revoked = createKeyRing(revokeKey(rotated, 'k1', 0));

  it('redirects mail of an older key until it is revoked', async () => {
    const at = await mount(createKeyRing(rotated));
    expect((await ask(at.url + linkPath)).status).toBe(302);
    await at.close();
  });

  it('answers pixels, and clicks with a page that names the abuse contact', async () => {
    const at = await mount(revoked);
    const pixel = await ask(at.url + pixelPath);
    expect([pixel.status, pixel.headers['telltale-ignored']]).toEqual([200, 'revoked']);
    const click = await ask(at.url + linkPath);
    expect([click.status, click.headers['telltale-ignored']]).toEqual([410, 'revoked']);
    expect(click.headers['location']).toBeUndefined();
    expect(click.text).toContain('abuse@t.example.com');
    const wayOut = await ask(at.url + wayOutPath);
    expect(wayOut.status).toBe(410);
    expect(wayOut.text).toContain('abuse@t.example.com');
    expect(at.hits).toEqual([]);
    await at.close();
  });
});
