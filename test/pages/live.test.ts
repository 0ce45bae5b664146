// Figures that change on an open page: in Chromium, by the page's own script, from a server of several processes, below a base
// path and behind a proxy that cuts it off.
import { createServer, request } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { ask } from '../support/service.ts';
import { asAdmin, type Serving, startServing } from '../support/serving.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** Starts of several processes take their time on a busy machine. */
const SLOW_MS = 120_000;

/** In front of a server: takes `/t` off, and passes on what comes as it comes. */
async function startProxy(target: string): Promise<string> {
  const proxy = createServer((asked, answer) => {
    const { method, headers, url = '' } = asked;
    const passed = request(target + url.replace(/^\/t(?=\/)/, ''), { method, headers }, (came) => {
      answer.writeHead(came.statusCode ?? 502, came.headers);
      came.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = proxy.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** The pixel of a recipient, at the address at which the server listens. */
function pixelOf(serving: Serving, recipient: string): string {
  const { pathname } = new URL(serving.pixelOf(recipient));
  return new URL(serving.url).origin + pathname;
}

describe.skipIf(!hasBrowser)('an open report', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  async function openReport(at: string): Promise<Page> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    page.setDefaultTimeout(60_000);
    await page.goto(`${at}/messages/m`);
    await page.getByLabel('API token').fill('an-extra-token');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('figures are live').waitFor();
    return page;
  }

  const opens = (page: Page, count: number) =>
    page.locator(`[data-figure="opens.total"][value="${count}"]`, { hasText: String(count) });

  it(
    'follows conversions: the first by making the page anew, later ones in place',
    async () => {
      const serving = await startServing(temporaryDirectory(), ['--base-url', 'http://127.0.0.1/t']);
      onTestFinished(() => void serving.child.kill('SIGKILL'));
      const origin = new URL(serving.url).origin;
      const post = (path: string, body: unknown) => {
        const headers = { ...asAdmin.headers, 'content-type': 'application/json' };
        return ask(`${origin}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      };
      await post('/messages/m/sends', [{ recipient: 'r1' }]);
      const page = await openReport(`${origin}/t`);
      const sale = (order: string) => post('/conversions', { order, message: 'm', value: '49.90', currency: 'EUR' });
      await sale('1');
      await page.locator('[data-figure="conversions.count"][value="1"]').waitFor();
      await page.getByText('figures are live').waitFor();
      await page.evaluate('window.isTheSame = true');
      await sale('2');
      await page.locator('[data-figure="conversions.count"][value="2"]').waitFor();
      await page.locator('.tile [data-amounts="conversions.value"]', { hasText: '99.80 EUR' }).waitFor();
      await page.locator('[data-figure="conversions.perMail.0.amount"]', { hasText: '99.8' }).waitFor();
      expect(await page.locator('td[data-amounts="conversions.links.0.value"]').innerText()).toBe('99.80 EUR');
      expect(await page.evaluate('window.isTheSame')).toBe(true);
      await post('/conversions', { order: '1', refunded: '9.90', currency: 'EUR' });
      await page.locator('[data-amounts="conversions.value"]', { hasText: '89.90 EUR' }).first().waitFor();
    },
    SLOW_MS,
  );

  it.each(['the server itself', 'a proxy that cuts the path off'])(
    'shows a hit without a reload, whichever process took it, and survives the end of the server: %s',
    async (front) => {
      const cwd = temporaryDirectory();
      const serving = await startServing(cwd, ['--workers', '2', '--base-url', 'http://127.0.0.1/t']);
      onTestFinished(() => void serving.child.kill('SIGKILL'));
      const origin = new URL(serving.url).origin;
      const sends = JSON.stringify([{ recipient: 'r1' }, { recipient: 'r2' }, { recipient: 'r3' }]);
      const headers = { ...asAdmin.headers, 'content-type': 'application/json' };
      const recorded = await ask(`${origin}/api/v1/messages/m/sends`, { method: 'POST', headers, body: sends });
      expect(recorded.status).toBe(200);
      const at = front === 'the server itself' ? origin : await startProxy(origin);
      const page = await openReport(`${at}/t`);
      expect(new URL(page.url()).pathname).toBe('/t/messages/m');
      await page.evaluate('window.isTheSame = true');
      const complaints: string[] = [];
      page.on('pageerror', ({ message }) => complaints.push(message));
      for (const [before, recipient] of ['r1', 'r2', 'r3'].entries()) {
        await opens(page, before).waitFor();
        // Kept also where a busy machine answers before the disk does.
        expect((await ask(pixelOf(serving, recipient))).status).toBe(200);
        await opens(page, before + 1).waitFor();
      }
      expect(await page.locator('[data-figure="rates.open.raw"]').first().innerText()).toMatch(/^100\s%$/);
      expect(await page.evaluate('window.isTheSame')).toBe(true);
      serving.child.kill('SIGTERM');
      expect(await serving.ended()).toBe(0);
      await page.getByText('figures are live').waitFor({ state: 'hidden' });
      await opens(page, 3).waitFor();
      expect([complaints, serving.said().match(/error/gi) ?? []]).toEqual([[], []]);
    },
    SLOW_MS,
  );
});
