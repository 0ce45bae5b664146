import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openClickToken } from '../../src/token/click-token.ts';
import { createTracker } from '../../src/track/create-tracker.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.end());

const SHOP = 'https://shop.example/p?a=1#top';

function linkTo(destination: string, options: object = {}, recipient: string | null = 'r1'): string {
  const html = `<a href="${destination}">Sale</a>`;
  return urlIn(service.tracker.compile(html, { message: 'm', clickId: true, ...options }).render(recipient).html, 'c');
}

async function locationOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<URL> {
  const answer = await ask(url, { headers });
  expect(answer.status).toBe(302);
  return new URL(String(answer.headers['location']));
}

function clickIn(location: URL, name = 'tt_click') {
  const opened = openClickToken(service.keys, location.searchParams.get(name) ?? '');
  return opened.ok ? opened.token : opened.reason;
}

describe('a redirect', () => {
  it('carries a click id that says whose click it was, and all else of the destination as it was', async () => {
    const before = Date.now();
    const location = await locationOf(linkTo(SHOP));
    expect(location.href).toMatch(/^https:\/\/shop\.example\/p\?a=1&tt_click=[a-z2-7]{40,64}#top$/);
    const click = clickIn(location);
    expect(click).toMatchObject({ message: 'm', recipient: 'r1', link: 0, test: false });
    expect(typeof click === 'object' && click.atMs).toBeGreaterThan(before - 1_000);
  });

  it('carries none where nobody asks for one, nor where the link refuses', async () => {
    expect((await locationOf(linkTo(SHOP, { clickId: false }))).href).toBe(SHOP);
  });

  it('carries it under the name that the mail gives, also in short links', async () => {
    const short = createTracker({ baseUrl: service.baseUrl, keys: service.keys, store: service.store, links: 'short' });
    const mail = short.compile(`<a href="${SHOP}">Sale</a>`, { message: 'm', clickId: 'cid' });
    await mail.register();
    const url = urlIn(mail.render('r1').html, 'c');
    await expect.poll(async () => (await ask(url)).status).toBe(302);
    expect(clickIn(await locationOf(url), 'cid')).toMatchObject({ recipient: 'r1' });
    expect(clickIn(await locationOf(linkTo(SHOP, { clickId: 'cid' })), 'cid')).toMatchObject({ recipient: 'r1' });
  });

  it('names no recipient where only counts are allowed, and under a privacy signal', async () => {
    const counted = linkTo(SHOP, { consent: { clicks: 'aggregate' } });
    expect(clickIn(await locationOf(counted))).toMatchObject({ message: 'm', recipient: null });
    expect(clickIn(await locationOf(linkTo(SHOP), { 'sec-gpc': '1' }))).toMatchObject({ recipient: null });
    expect(clickIn(await locationOf(linkTo(SHOP), { dnt: '1' }))).toMatchObject({ recipient: null });
    expect(clickIn(await locationOf(linkTo(SHOP, {}, null)))).toMatchObject({ recipient: null });
  });

  it('carries none for who has withdrawn since', async () => {
    await service.store.setConsent('gone', { opens: 'none', clicks: 'none' }, 'test');
    const url = linkTo(SHOP, {}, 'gone');
    await expect.poll(async () => (await locationOf(url)).href).toBe(SHOP);
  });

  it('leads on without one where both together would have over 2,048 characters, and counts that', async () => {
    const html = (length: number) => `https://shop.example/${'x'.repeat(length - 'https://shop.example/'.length)}`;
    const tooLong = createTracker({
      baseUrl: service.baseUrl,
      keys: service.keys,
      store: service.store,
      links: 'short',
    });
    const mail = tooLong.compile(`<a href="${html(2_000)}">Sale</a>`, { message: 'long', clickId: true });
    await mail.register();
    const url = urlIn(mail.render('r1').html, 'c');
    await expect.poll(async () => (await ask(url)).status).toBe(302);
    expect((await locationOf(url)).href).toBe(html(2_000));
    const metrics = (await ask(`${service.url}/metrics`)).text;
    expect(metrics).toMatch(/telltale_click_ids_total\{outcome="click-id-omitted",reason="too-long"\} [1-9]/);
  });

  it('leads to a signed URL that a link was corrected to as it is', async () => {
    const signed = 'https://b.s3.amazonaws.com/k?X-Amz-Signature=ab';
    const url = urlIn(
      service.tracker.compile('<a href="https://a.example/">a</a>', { message: 'corrected', clickId: true }).render('r')
        .html,
      'c',
    );
    await service.store.correctLink({ message: 'corrected', index: 0 }, signed, 'test');
    await expect.poll(async () => (await locationOf(url)).href).toBe(signed);
  });
});
