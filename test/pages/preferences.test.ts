// The preferences page as a reader uses it: in a real Chromium, without scripts, on a phone, light and dark.

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findings } from '../support/axe.ts';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { startTestService, type TestService } from '../support/service.ts';

const PHONE = { width: 375, height: 700 };

describe.skipIf(!hasBrowser)('the preferences page in Chromium', () => {
  let service: TestService;
  let browser: Browser;
  beforeAll(async () => {
    service = await startTestService();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.end();
  });

  const mail = () => service.tracker.compile('<p>Hi', { message: 'm' });

  async function visit(options: BrowserContextOptions, use: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext(options);
    try {
      await use(await context.newPage());
    } finally {
      await context.close();
    }
  }

  it('stops the tracking without scripts, from the page that unsubscribes, and sets no cookie', async () => {
    await visit({ javaScriptEnabled: false, viewport: PHONE }, async (page) => {
      await page.goto(mail().unsubscribeUrl('r1'));
      await page.getByRole('link', { name: 'change what is noted of you' }).click();
      await page.getByRole('button', { name: 'Stop the tracking' }).click();
      await page.getByRole('heading', { name: 'Tracking is off' }).waitFor();
      expect(await page.context().cookies()).toEqual([]);
    });
    expect(await service.store.sendability(['r1'])).toMatchObject([
      { consent: { opens: 'none', clicks: 'none' }, suppressed: null },
    ]);
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds, and fits a phone (%s)', async (colorScheme) => {
    await visit({ colorScheme, viewport: PHONE, bypassCSP: true }, async (page) => {
      await page.goto(mail().preferencesUrl('r2'));
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
    });
  });
});
