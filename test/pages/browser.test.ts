// The pages as a person uses them: in a real Chromium, with and without a mouse, a wide screen, light, or scripts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'csv-parse/sync';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildReport, type Report } from '../../src/report/build-report.ts';
import { findings } from '../support/axe.ts';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { run } from '../support/command.ts';
import { DEMO_MAILINGS, fillDemoStore } from '../support/demo-store.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { fillOtherMessages, OTHER_MESSAGES } from '../support/other-messages.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { settleHits } from '../support/stores.ts';

const TOKEN = 'an-admin-token';
const BYTES_MAX = 60_000;
const PHONE = { width: 375, height: 800 };
const UGLY = `<b onclick=alert(1)>${'long'.repeat(28)}`;
const REPORT = '/messages/autumn-newsletter?tz=Europe/Berlin';
const PAGES = [
  '/login',
  '/',
  REPORT,
  '/messages/order-confirmation',
  '/messages/full',
  '/messages/empty',
  '/messages/counted-only',
  `/messages/${encodeURIComponent(UGLY)}?links=all`,
  '/messages/none',
  '/compare?a=new-sails-a&b=new-sails-b',
  '/recipients/reader-003',
];
const MAP = '/messages/autumn-newsletter/map';
const ALL = [...PAGES, MAP, `${MAP}?width=phone&images=load`];

describe.skipIf(!hasBrowser)('the pages in Chromium', () => {
  let service: TestService;
  let browser: Browser;
  let report: Report;
  beforeAll(async () => {
    service = await startTestService({ apiToken: TOKEN });
    [browser] = await Promise.all([startBrowser(), fillDemoStore(service.store)]);
    const links = Array.from({ length: 40 }, (_, index) => ({
      ...{ index, name: 'n'.repeat(10_000), destination: `https://shop.example/${'d'.repeat(2_000)}${index}` },
    }));
    await service.store.recordSends(UGLY, [{ recipient: UGLY, atMs: startMs }]);
    await service.store.recordLinks(UGLY, links);
    await settleHits(service.store, [makeHit({ message: UGLY, recipient: UGLY, link: makeLink({ index: 3 }) })]);
    await fillOtherMessages(service.store);
    report = await buildReport(service.store, { message: 'autumn-newsletter' });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.end();
  });

  /** A browser of its own that has logged in, unless it is to stay out. */
  async function visit<T>(
    use: (page: Page, context: BrowserContext) => Promise<T>,
    { isOut = false, ...options }: BrowserContextOptions & { readonly isOut?: boolean } = {},
  ): Promise<T> {
    const context = await browser.newContext({ baseURL: service.url, ...options });
    try {
      const page = await context.newPage();
      if (!isOut) await logIn(page);
      return await use(page, context);
    } finally {
      await context.close();
    }
  }

  async function logIn(page: Page, path = '/login'): Promise<void> {
    await page.goto(path);
    await page.getByLabel('API token').fill(TOKEN);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Log out' }).waitFor();
  }

  const figure = (page: Page, name: string) =>
    page.locator(`[data-figure="${name}"]`).first().getAttribute('value').then(Number);

  it.each([true, false])(
    'show who logs in the report that was asked for, and its figures (scripts: %s)',
    (javaScriptEnabled) =>
      visit(
        async (page) => {
          await logIn(page, REPORT);
          expect(await page.locator('h1').innerText()).toBe('Autumn at the harbour');
          const { estimated, raw } = report.rates.open;
          expect(await figure(page, 'rates.open.estimated.value')).toBe(estimated.value);
          expect(await figure(page, 'rates.open.estimated.low')).toBe(estimated.low);
          expect(await figure(page, 'rates.open.raw')).toBe(raw);
          const { opened, low, high } = {
            opened: estimated.value ?? 0,
            low: estimated.low ?? 0,
            high: estimated.high ?? 0,
          };
          const words = [opened, low, high].map((rate) => `${Math.round(rate * 100)}\u00a0%`);
          const lead = await page.locator('.lead').innerText();
          expect(lead.replace(/\s*\n\s*/, ' ')).toBe(
            `${words[0]} opened it, probably between ${words[1]} and ${words[2]}.`,
          );
          await expect(page.getByText('includes machines that load images unread').isVisible()).resolves.toBe(true);
        },
        { isOut: true, javaScriptEnabled },
      ),
  );

  it('find a message, its recipients by what they did, and what one of them did before', () =>
    visit(async (page) => {
      await page.getByLabel('Name or id').fill('harbour');
      await page.getByLabel('Order').selectOption('By name');
      await page.getByRole('button', { name: 'Show' }).click();
      const titles = await page.locator('tbody th a').allInnerTexts();
      expect(titles).toEqual(['Autumn at the harbour', 'Letter from the harbour: July']);
      await page.getByRole('link', { name: 'Autumn at the harbour' }).click();
      await page.getByRole('link', { name: 'Did nothing' }).click();
      const recipients = page.locator('section', { has: page.locator('#recipients') });
      expect(await recipients.locator('.tabs [aria-current]').innerText()).toBe('Did nothing');
      const opened = await recipients.locator('tbody td:nth-child(2)').allInnerTexts();
      expect(opened.length).toBeGreaterThan(10);
      expect(opened.every((words) => words === '–' || words.startsWith('no:'))).toBe(true);
      const name = await recipients.locator('tbody a').first().innerText();
      await recipients.locator('tbody a').first().click();
      expect(await page.locator('h1').innerText()).toBe(name);
      expect(await page.locator('tbody tr').count()).toBeGreaterThan(1);
    }));

  it('show times in the zone that is chosen, and name the nearest to one that is none', () =>
    visit(async (page) => {
      await page.goto('/messages/autumn-newsletter');
      await page.getByLabel('Time zone').fill('Asia/Tokyo');
      await page.getByRole('button', { name: 'Show' }).click();
      expect(await page.locator('.meta').innerText()).toContain('10 Nov 2026, 16:00 (Asia/Tokyo)');
      expect(await page.locator('#hours-t').locator('..').locator('text').allTextContents()).toContain('16:00');
      await page.getByLabel('Time zone').fill('Asia/Tokio');
      await page.getByRole('button', { name: 'Show' }).click();
      expect(await page.getByRole('alert').innerText()).toContain('Did you mean Asia/Tokyo?');
    }));

  it('give the report as CSV, with the figures of the page', () =>
    visit(async (page) => {
      await page.goto(REPORT);
      const shown = page.locator('data[data-figure]');
      const figures = await shown.evaluateAll((all) =>
        all.map((one) => [String(Reflect.get(one, 'dataset').figure), String(Reflect.get(one, 'value'))]),
      );
      const coming = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download as CSV' }).click();
      const download = await coming;
      expect(download.suggestedFilename()).toBe('autumn-newsletter.csv');
      const rows: readonly (readonly string[])[] = parse(readFileSync(await download.path(), 'utf8'));
      const values = new Map(rows.map(([name = '', value = '']) => [name, value]));
      expect(rows[0]).toEqual(['figure', 'value', 'destination', 'name']);
      expect(figures.length).toBeGreaterThan(60);
      for (const [name = '', value] of figures) expect([name, value]).toEqual([name, values.get(name)]);
      expect(await page.locator('h1').innerText()).toBe('Autumn at the harbour');
    }));

  it('lead to the click map: the mail with its links marked, as on a desk and on a phone, with images when asked', () =>
    visit(async (page) => {
      const asked: string[] = [];
      await page.route(/^https:/, (route) => {
        asked.push(route.request().url());
        return route.abort();
      });
      await page.goto(REPORT);
      await page.getByRole('link', { name: 'Click map' }).click();
      const link = page.frameLocator('iframe').getByRole('link', { name: 'Open it in your browser' });
      const badge = () =>
        link.evaluate((element) => Reflect.get(globalThis, 'getComputedStyle')(element, '::after').content);
      const [first] = report.links;
      const most = report.links.reduce((sum, { clicks }) => sum + clicks.human, 0);
      const share = Math.round(((first?.clicks.human ?? 0) / most) * 100);
      expect(await badge()).toBe(`"#0 ·\u00a0${share}\u00a0%"`);
      expect(await page.locator('tbody tr').first().innerText()).toContain(`${share}\u00a0%`);
      const widths = async () => (await page.locator('iframe').boundingBox())?.width ?? 0;
      expect(await widths()).toBeGreaterThan(800);
      await page.getByRole('link', { name: 'Phone' }).click();
      expect(await widths()).toBe(375);
      expect(await badge()).toContain(`${share}`);
      expect(asked).toEqual([]);
      await page.getByRole('link', { name: 'Load images' }).click();
      await page.getByText('Images load from where the mail says').waitFor();
      await expect.poll(() => asked.length).toBeGreaterThan(0);
      await page.getByRole('link', { name: 'Leave them out' }).click();
      expect(await widths()).toBe(375);
      await page.getByRole('link', { name: '← Report' }).click();
      expect(await page.locator('h1').innerText()).toBe('Autumn at the harbour');
    }));

  it('take a login whose form was another’s once more, with a new form, scripts or not', () =>
    visit(
      async (page, context) => {
        await page.goto(REPORT);
        await context.clearCookies();
        await page.getByLabel('API token').fill(TOKEN);
        await page.getByRole('button', { name: 'Log in' }).click();
        expect(await page.getByRole('alert').innerText()).toContain('Try again');
        await page.getByLabel('API token').fill(TOKEN);
        await page.getByRole('button', { name: 'Log in' }).click();
        expect(await page.locator('h1').innerText()).toBe('Autumn at the harbour');
      },
      { isOut: true, javaScriptEnabled: false },
    ));

  it('compare two messages, and say what can be known', () =>
    visit(async (page) => {
      await page.goto(REPORT);
      await page.getByRole('link', { name: 'Compare with another' }).click();
      await page.getByLabel('Message B').fill('july-letter');
      await page.getByRole('button', { name: 'Compare' }).click();
      expect(await page.locator('h2').allInnerTexts()).toContain('A: Autumn at the harbour');
      expect(await figure(page, 'a.rates.open.estimated.value')).toBe(report.rates.open.estimated.value);
      expect(await page.locator('section p').allInnerTexts()).toEqual(
        expect.arrayContaining([expect.stringMatching(/points \(90\s%\sinterval\)/)]),
      );
    }));

  it('need no mouse', () =>
    visit(
      async (page) => {
        const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');
        const tabTo = async (name: string) => {
          for (let step = 0; step < 40 && (await focused()) !== name; step += 1) await page.keyboard.press('Tab');
          expect(await focused()).toBe(name);
        };
        await page.goto('/');
        await page.getByLabel('API token').and(page.locator(':focus')).waitFor();
        await page.keyboard.type(TOKEN);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Messages' }).waitFor();
        await page.keyboard.press('Tab');
        expect(await focused()).toBe('Skip to the content');
        await tabTo('Autumn at the harbour');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Opened by people' }).waitFor();
        await tabTo('The same as a table');
        await page.keyboard.press('Enter');
        expect(
          await page.getByRole('region', { name: 'Opens and clicks over time' }).locator('tbody tr').count(),
        ).toBeGreaterThan(20);
        await tabTo('Clicked');
        await page.keyboard.press('Enter');
        await page.locator('.tabs [aria-current]', { hasText: 'Clicked' }).waitFor();
        await tabTo('Click map');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'The mail as it was sent' }).waitFor();
        await tabTo('Phone');
        await page.keyboard.press('Enter');
        await page.locator('.tabs [aria-current]', { hasText: 'Phone' }).waitFor();
        await tabTo('Load images');
        await page.keyboard.press('Enter');
        await page.getByText('Images load from where the mail says').waitFor();
        await tabTo('← Report');
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { name: 'Opened by people' }).waitFor();
        await tabTo('Download as CSV');
        const coming = page.waitForEvent('download');
        await page.keyboard.press('Enter');
        expect((await coming).suggestedFilename()).toBe('autumn-newsletter.csv');
        await tabTo('Log out');
        await page.keyboard.press('Enter');
        await page.getByLabel('API token').waitFor();
        await page.goto('/');
        expect(new URL(page.url()).pathname).toBe('/login');
      },
      { isOut: true },
    ));

  it.each([
    ['light', ALL, {}],
    ['dark', ALL, { colorScheme: 'dark' }],
    ['on a phone', [REPORT, MAP], { viewport: PHONE }],
  ] as const)('have nothing serious that axe finds: %s', (_, paths, options) =>
    visit(async (page, context) => {
      for (const path of paths) {
        if (path === '/login') await context.clearCookies();
        await page.goto(path);
        expect([path, await findings(page)]).toEqual([path, []]);
        if (path === '/login') await logIn(page);
      }
    }, options),
  );

  it('fit a phone, whatever stands in them', () =>
    visit(
      async (page) => {
        for (const path of ALL) {
          await page.goto(path);
          const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
          expect([path, wide]).toEqual([path, PHONE.width]);
        }
      },
      { viewport: PHONE },
    ));

  it('are dark where one likes it dark', () =>
    visit(async (page) => {
      const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      await page.goto(REPORT);
      expect(await paper()).toBe('rgb(247, 246, 242)');
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await paper()).toBe('rgb(17, 22, 24)');
      await page.emulateMedia({ media: 'print', colorScheme: 'light' });
      expect(await page.getByRole('button', { name: 'Log out' }).isVisible()).toBe(false);
      expect(await page.locator('.big').isVisible()).toBe(true);
    }));

  it('are one request of less than 60 kB each, and the browser has nothing to complain of', () =>
    visit(async (page) => {
      const requests: string[] = [];
      const documents: string[] = [];
      const complaints: string[] = [];
      let bytes = 0;
      page.on('request', (request) => {
        if (request.resourceType() === 'document') documents.push(request.url());
        // What comes later, for as long as the page is open, is none of it.
        if (request.resourceType() !== 'eventsource' && !request.url().startsWith('data:'))
          requests.push(request.url());
      });
      page.on('console', (message) => void complaints.push(message.text()));
      page.on('pageerror', (error) => void complaints.push(error.message));
      for (const path of PAGES.slice(1)) {
        requests.length = 0;
        const response = await page.goto(path);
        bytes = (await response?.body())?.length ?? 0;
        expect([path, requests.length]).toEqual([path, 1]);
        expect(bytes).toBeLessThan(BYTES_MAX);
      }
      documents.length = 0;
      const map = await page.goto(MAP);
      await page.frameLocator('iframe').locator('body').waitFor();
      expect(documents.map((url) => new URL(url).pathname.split('/').at(-1))).toEqual(['map', 'mail']);
      expect((await map?.body())?.length).toBeLessThan(BYTES_MAX);
      // A browser tells of every 404, and of what a policy keeps out of a frame.
      expect(complaints.filter((text) => !/404|Content Security Policy|sandboxed/.test(text))).toEqual([]);
    }));

  it('send one whose session has ended to the login, and back', () =>
    visit(async (page, context) => {
      await page.goto(REPORT);
      await context.clearCookies();
      await page.getByRole('link', { name: 'Clicked' }).click();
      expect(new URL(page.url()).pathname).toBe('/login');
      await page.getByLabel('API token').fill('wrong');
      await page.getByRole('button', { name: 'Log in' }).click();
      expect(await page.getByRole('alert').innerText()).toContain('no valid API token');
      await page.getByLabel('API token').fill(TOKEN);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.locator('.tabs [aria-current]', { hasText: 'Clicked' }).waitFor();
      expect(page.url()).toContain('/messages/autumn-newsletter?tz=Europe%2FBerlin&show=clicked');
    }));

  it('stand alone in a file: from disk, without a network, with the same figures and no recipient', async () => {
    const { directory: cwd } = service;
    const database = `sqlite:${join(cwd, 'telltale.db')}`;
    const args = [
      'report',
      'autumn-newsletter',
      '--html',
      'autumn.html',
      '--tz',
      'Europe/Berlin',
      '--database',
      database,
    ];
    const written = await run(args, { cwd });
    expect([written.status, written.stdout]).toEqual([0, '']);
    expect(await run(args, { cwd })).toMatchObject({ status: 1, stderr: expect.stringContaining('exists already') });
    expect((await run([...args, '--force'], { cwd })).status).toBe(0);
    await visit(
      async (page, context) => {
        const served = await page.goto(REPORT).then(() => page.locator('[data-figure^="rates."]').allTextContents());
        await context.setOffline(true);
        const complaints: string[] = [];
        page.on('console', (message) => void complaints.push(message.text()));
        await page.goto(pathToFileURL(join(cwd, 'autumn.html')).href);
        expect(await page.locator('[data-figure^="rates."]').allTextContents()).toEqual(served);
        expect(await page.content()).not.toContain('reader-');
        expect(await page.locator('form, a[href]:not([href^="#"])').count()).toBe(0);
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(PHONE.width);
        expect(await findings(page)).toEqual([]);
        expect(complaints).toEqual([]);
      },
      { viewport: PHONE },
    );
  });

  it('list all messages', () =>
    visit(async (page) => {
      expect(await page.locator('tbody tr').count()).toBe(DEMO_MAILINGS.length + 1 + OTHER_MESSAGES);
    }));
});
