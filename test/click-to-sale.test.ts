// From a click in a mail to a sale in its report, in a real Chromium: the shop is another site and loads the script; with
// cookies allowed, with cookies that do not stay, and with a buyer who consents to nothing.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReport } from '../src/report/build-report.ts';
import { conversionSecretOf, sealConversion } from '../src/token/conversion-seal.ts';
import { hasBrowser, startBrowser } from './support/browser.ts';
import { startTestService, type TestService } from './support/service.ts';
import { rowsOf } from './support/stores.ts';

const DAY_SECONDS = 86_400;
const READER = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  locale: 'de-DE',
};

describe.skipIf(!hasBrowser)('a sale after a click', () => {
  let service: TestService;
  let shop: Server;
  let shopUrl: string;
  let browser: Browser;
  /** Attributes of the shop's script element. */
  let attributes = '';
  beforeAll(async () => {
    service = await startTestService();
    browser = await startBrowser();
    shop = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(pathname === '/thanks' ? thanks(searchParams) : SHOP());
    });
    shop.listen(0, 'localhost');
    await once(shop, 'listening');
    shopUrl = `http://localhost:${(shop.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    shop?.closeAllConnections();
    shop?.close();
    await service?.end();
  });

  const script = () => `<script async src="${service.url}/telltale.js"${attributes}></script>`;
  const SHOP = () => `<title>Shop</title>${script()}<a href="/basket">Basket</a>
    <script>document.querySelector('a').search = location.search</script>`;

  function thanks(query: URLSearchParams): string {
    const sale = Object.fromEntries(
      [...query].filter(([name]) => ['order', 'value', 'currency', 'seal'].includes(name)),
    );
    return `<title>Thanks</title>${script()}<script>
      (window.telltale = window.telltale || []).push(${JSON.stringify(sale)})</script>`;
  }

  /** Clicks the link in the mail of a recipient, walks through the shop and buys. */
  async function buy(
    context: BrowserContext,
    message: string,
    sale: Readonly<Record<string, string>>,
    carried = false,
  ) {
    const html = `<p><a href="${shopUrl}/other">Other</a> <a href="${shopUrl}/" data-telltale-name="Shop">Shop</a></p>`;
    const mail = service.tracker.compile(html, { message, clickId: true });
    await mail.register();
    const page = await context.newPage();
    await page.setContent(mail.render(`reader of ${message}`).html);
    const scripted = page.waitForResponse(/telltale\.js/);
    await page.getByText('Shop').click();
    await page.waitForURL(/tt_click=/);
    await scripted;
    const { search } = new URL(page.url());
    await page.getByText('Basket').click();
    await page.waitForURL(/basket/);
    const told = page.waitForResponse(/\/v\.gif/);
    await page.goto(`${shopUrl}/thanks?${new URLSearchParams(sale)}${carried ? `&${search.slice(1)}` : ''}`);
    expect((await told).headers()['telltale-ignored']).toBeUndefined();
    await page.close();
    await service.settler.settleNow();
  }

  /** What the store knows of an order. */
  function stored(order: string) {
    const sql = `SELECT messages.id AS message, recipients.id AS recipient, link_index AS link, minor,
        conversions.currency, proof
      FROM conversions JOIN messages ON messages.key = message_key JOIN recipients ON recipients.key = recipient_key
      WHERE order_id = '${order}'`;
    return rowsOf(service.store.url.replace('sqlite:', ''), sql)[0];
  }

  it('is known by the first-party cookie, which ends with the attribution window', async () => {
    attributes = '';
    const context = await browser.newContext(READER);
    await buy(context, 'cookies', { order: '1001', value: '49.90', currency: 'EUR' });
    const [cookie] = await context.cookies(shopUrl);
    expect(cookie).toMatchObject({ name: 'tt_click', domain: 'localhost', sameSite: 'Lax' });
    expect(Math.abs((cookie?.expires ?? 0) - Date.now() / 1_000 - 7 * DAY_SECONDS)).toBeLessThan(600);
    expect(await context.cookies(service.url)).toEqual([]);
    expect(stored('1001')).toEqual({
      ...{ message: 'cookies', recipient: 'reader of cookies', link: 1, minor: 4_990, currency: 'EUR', proof: 0 },
    });
    expect((await buildReport(service.store, { message: 'cookies' })).conversions).toMatchObject({
      count: 0,
      unverified: { count: 1, value: [{ currency: 'EUR', amount: '49.90' }] },
      links: [{ index: 1, name: 'Shop', unverified: { count: 1 } }],
    });
    await context.close();
  });

  it('is verified when the shop has sealed its value', async () => {
    attributes = '';
    const context = await browser.newContext(READER);
    const sale = { order: '1002', value: '20', currency: 'USD' };
    const seal = sealConversion(conversionSecretOf(service.keys.signing()), sale);
    await buy(context, 'sealed', { ...sale, seal });
    expect((await buildReport(service.store, { message: 'sealed' })).conversions).toMatchObject({
      count: 1,
      value: [{ currency: 'USD', amount: '20.00' }],
      unverified: { count: 0 },
      links: [{ index: 1, count: 1 }],
    });
    await context.close();
  });

  it('is known by the session where cookies do not stay', async () => {
    attributes = '';
    const context = await browser.newContext(READER);
    await context.addInitScript("Object.defineProperty(document, 'cookie', { get: () => '', set: () => undefined })");
    await buy(context, 'session', { order: '1003', value: '5', currency: 'EUR' });
    expect(await context.cookies()).toEqual([]);
    expect(stored('1003')).toMatchObject({ message: 'session', recipient: 'reader of session', link: 1, minor: 500 });
    await context.close();
  });

  it('is known by the URL alone where nothing may be stored', async () => {
    attributes = ' data-consent';
    const context = await browser.newContext(READER);
    await buy(context, 'url', { order: '1004', value: '6', currency: 'EUR' }, true);
    expect(await context.cookies()).toEqual([]);
    expect((await context.storageState()).origins).toEqual([]);
    expect(stored('1004')).toMatchObject({ message: 'url', recipient: 'reader of url', link: 1, minor: 600 });
    await context.close();
  });

  it('is kept in a cookie from the consent on, and forgotten when it is taken back', async () => {
    attributes = ' data-consent';
    const context = await browser.newContext(READER);
    const page = await context.newPage();
    const loaded = page.waitForResponse(/telltale\.js/);
    await page.goto(`${shopUrl}/?tt_click=${'a'.repeat(64)}`);
    await loaded;
    const say = (consent: boolean) => page.evaluate(`window.telltale.push({ consent: ${consent} })`);
    await page.waitForFunction('!Array.isArray(window.telltale) && window.telltale');
    expect(await context.cookies()).toEqual([]);
    await say(true);
    expect((await context.cookies()).map(({ value }) => value)).toEqual(['a'.repeat(64)]);
    await say(false);
    expect(await context.cookies()).toEqual([]);
    await context.close();
  });
});
