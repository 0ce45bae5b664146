// The click map in a real browser: what is marked, and what a mail cannot do there.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import mjml2html from 'mjml';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { settleHits } from '../support/stores.ts';

const TOKEN = 'an-extra-token';
let service: TestService;
beforeAll(async () => {
  service = await startTestService({ apiToken: TOKEN });
});
afterAll(() => service.end());

/** Keeps a mail and lets so many people click each of its links, by index. */
async function send(message: string, html: string, clicks: readonly number[] = []): Promise<void> {
  const { links } = service.tracker.compile(html, { message });
  await service.tracker.close();
  const hits = links.flatMap(({ index, destination }) =>
    Array.from({ length: clicks[index] ?? 0 }, (_, i) =>
      makeHit({
        ...{ message, recipient: `${index}-${i}`, from: CLIENTS.reader, atMs: startMs + i * 60_000 },
        link: makeLink({ index, destination }),
      }),
    ),
  );
  await settleHits(service.store, hits, `journal of ${message}`);
}

describe('the pages', () => {
  it.each([
    ['map', '%2Fmap'],
    ['mail', ''],
    ['live', ''],
    ['report.csv', ''],
  ])('send who is not logged in to the login, and back to a page: %s', async (part, back) => {
    await send('m', '<body><a href="https://a.example/">A</a>');
    const answer = await ask(`${service.url}/messages/m/${part}`);
    expect(answer).toMatchObject({
      status: 303,
      headers: { location: `../../login?return=%2Fmessages%2Fm${back}` },
    });
  });
});

/** Runs in the page: what stands behind an element, and whether it is seen. */
function readBadge(element: unknown): readonly string[] {
  const { content, display, visibility } = Reflect.get(globalThis, 'getComputedStyle')(element, '::after');
  return [content.replaceAll('\u00a0', ' '), display === 'none' || visibility === 'hidden' ? 'hidden' : 'shown'];
}

/** No side of a badge is farther from its image than a badge is high. */
const BADGE_PX = 18;

/** A part of a page, as far as a test looks at it. */
interface Box {
  readonly right: number;
  readonly bottom: number;
  readonly width: number;
}

/**
 * Runs in the page: how far the corner of a linked image's badge is from that of the image, or how much wider it is. A browser
 * tells how far a badge is from the sides of what it is placed in: a box of the mail that is positioned, or the window.
 */
function distanceOfBadge(image: unknown): number {
  const call = (of: unknown, name: string, ...values: unknown[]) => Reflect.get(Object(of), name).apply(of, values);
  const boxOf = (element: unknown): Box => call(element, 'getBoundingClientRect');
  const root = Reflect.get(globalThis, 'document').documentElement;
  const holder = call(image, 'closest', '[style*=relative]');
  const around =
    holder === null ? { right: root.clientWidth, bottom: Reflect.get(globalThis, 'innerHeight') } : boxOf(holder);
  const badge = Reflect.get(globalThis, 'getComputedStyle')(Reflect.get(Object(image), 'parentElement'), '::after');
  const { right, bottom, width } = boxOf(image);
  return Math.max(
    Math.abs(around.right - Number.parseFloat(badge.right) - right),
    Math.abs(around.bottom - Number.parseFloat(badge.bottom) - bottom),
    Number.parseFloat(badge.width) - Math.max(width, 34),
  );
}

describe.skipIf(!hasBrowser)('in a browser', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await startBrowser();
    page = await browser.newPage({ viewport: { width: 1_120, height: 900 } });
    page.setDefaultTimeout(20_000);
    await page.goto(`${service.url}/login`);
    await page.getByLabel('API token').fill(TOKEN);
    await page.getByRole('button', { name: 'Log in' }).click();
  });
  afterAll(() => browser.close());

  /** Shows a map; gives the frame of the mail. */
  async function show(message: string, query = '') {
    await page.goto(`${service.url}/messages/${message}/map${query}`);
    return page.frameLocator('iframe');
  }

  /** What a link shows beside itself. */
  const badgeOf = (text: string) => page.frameLocator('iframe').getByText(text, { exact: true }).evaluate(readBadge);

  it('marks each link with its share of the people who clicked, and says the same in the table', async () => {
    await send('shares', '<body><p><a href="https://a.example/">A</a> <a href="https://b.example/">B</a>', [3, 1]);
    await show('shares');
    expect(await page.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/#0\s+A\s+https:\/\/a\.example\/\s+75\s%\s+3\s+3/),
      expect.stringMatching(/#1\s+B\s+https:\/\/b\.example\/\s+25\s%\s+1\s+1/),
    ]);
    expect(await badgeOf('A')).toEqual(['"#0 · 75 %"', 'shown']);
    expect(await badgeOf('B')).toEqual(['"#1 · 25 %"', 'shown']);
  });

  it('shows marks whatever a mail’s own style sheet says of its links', async () => {
    const style = '<style>a::after,a:after{content:none!important;display:none!important} a{display:inline}</style>';
    await send('styled', `<head>${style}</head><body><a href="https://a.example/">A</a></body>`, [1]);
    await show('styled');
    expect(await badgeOf('A')).toEqual(['"#0 · 100 %"', 'shown']);
  });

  it('marks what MJML makes of a button, and the button whose twin Outlook shows', async () => {
    const { html } = await mjml2html(
      '<mjml><mj-body><mj-section><mj-column><mj-button href="https://a.example/">Buy</mj-button></mj-column></mj-section></mj-body></mjml>',
    );
    await send('mjml', html, [2]);
    await show('mjml');
    expect(await badgeOf('Buy')).toEqual(['"#0 · 100 %"', 'shown']);
    const twin = `<!--[if mso]><v:roundrect href="https://a.example/"><center>Go</center></v:roundrect><![endif]--><!--[if !mso]><!--><a href="https://a.example/">Go</a><!--<![endif]-->`;
    const alone = '<!--[if mso]><a href="https://c.example/">C</a><![endif]-->';
    await send('twins', `<body>${twin}<a href="https://b.example/">B</a>${alone}`, [3, 1]);
    await show('twins');
    expect(await badgeOf('Go')).toEqual(['"#0 · 75 %"', 'shown']);
    expect(await badgeOf('B')).toEqual(['"#1 · 25 %"', 'shown']);
    expect(await page.locator('tbody tr').nth(2).innerText()).toContain('Outlook on Windows alone');
  });

  it('puts the badge of a linked image on the image, however the mail lays it out', async () => {
    const image = (at: number, attributes: string) =>
      `<a href="https://i${at}.example/"><img id="i${at}" src="https://i.example/" alt="" ${attributes}></a>`;
    const icons = [1, 2, 3].map(
      (at) => `<td style="padding:0 8px">${image(at, 'width=24 height=24 style="display:block"')}`,
    );
    await send(
      'images',
      `<body style="margin:0;font:16px Arial"><table width=600 align=center style="text-align:center">
      <tr><td>${image(0, 'width=600 height=200 style="display:block;width:100%"')}
      <tr><td align=center><table><tr>${icons.join('')}</table>
      <tr><td>in a line ${image(4, 'width=16 height=16')} of text ${image(5, 'width=30 height=30 align=right')}
      <tr><td style="overflow:hidden;font-size:0;line-height:0">${image(6, 'width=180 height=120 style="border-radius:50%"')}
      <tr><td style="position:relative">${image(7, 'width=300 height=90 style="display:block;margin:0 auto"')}</table>`,
      [9, 5, 3, 1, 1, 2, 4, 8],
    );
    for (const width of ['desk', 'phone']) {
      const frame = await show('images', `?width=${width}`);
      for (const at of [0, 1, 2, 3, 4, 5, 6, 7]) {
        const distance = await frame.locator(`#i${at}`).evaluate(distanceOfBadge);
        expect([width, at, distance <= BADGE_PX]).toEqual([width, at, true]);
      }
    }
  });

  it('shows the mail as wide as a phone when asked', async () => {
    await send('phone', '<body><p id=w>text <a href="https://a.example/">A</a>');
    await show('phone');
    const desk = await page.locator('iframe').boundingBox();
    await page.getByRole('link', { name: 'Phone' }).click();
    const phone = await page.locator('iframe').boundingBox();
    expect(phone?.width).toBe(375);
    expect(desk?.width).toBeGreaterThan(800);
  });

  it('lets one choose among differing mails', async () => {
    await send('versions', '<body><a href="https://a.example/">First</a>');
    await send('versions', '<body><a href="https://b.example/">Second</a>');
    const frame = await show('versions');
    const shown = await frame.locator('a').innerText();
    await page.getByRole('link', { name: 'Version 2' }).click();
    expect([shown, await frame.locator('a').innerText()].sort()).toEqual(['First', 'Second']);
    await page.goto(`${service.url}/messages/versions/map?mail=ffffffffffff`);
    await expect(page.getByText('No mail of this name is kept').innerText()).resolves.toContain('Show the first');
  });

  it('lets a mail run nothing, reach nobody and lead nowhere, until images are asked for', async () => {
    let connections = 0;
    const elsewhere = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n');
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const other = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
    const reaches = `<!doctype html><html><head><base href="${other}/">
      <link rel="preconnect" href="${other}"><link rel="stylesheet" href="${other}/s.css"><LINK REL=prefetch href=${other}/p>
      <link rel="dns-prefetch preload" as="image" href="${other}/d"><link rel=icon href="${other}/i">
      <meta http-equiv="refresh" content="0;url=${other}/refresh">
      <style>@import url("${other}/i.css"); body{background:url("${other}/b.png")} @font-face{font-family:f;src:url("${other}/f")} p{font-family:f}</style>
      <script>document.documentElement.className='ran'; fetch('${other}/x')</script></head>
      <body onload="document.documentElement.className='ran'"><p>Text</p><img src="${other}/1.png" onerror="document.documentElement.className='ran'">
      <iframe src="${other}/frame"></iframe><object data="${other}/o"></object><embed src="${other}/e"><video poster="${other}/v" src="${other}/v.mp4" autoplay></video>
      <form action="${other}/form"><input name=a autofocus><button>Send</button></form><svg><use href="${other}/u#a"></use><image href="${other}/im.png"/></svg>
      <a href="${other}/page" ping="${other}/ping">Away</a></body></html>`;
    await send('hostile', reaches);
    const frame = await show('hostile');
    await frame.getByText('Text').waitFor();
    expect(await frame.locator('html').getAttribute('class')).toBeNull();
    await frame.getByText('Away').dispatchEvent('click');
    expect(page.url()).toBe(`${service.url}/messages/hostile/map`);
    expect(connections).toBe(0);
    await show('hostile');
    await page.getByRole('link', { name: 'Load images' }).click();
    while (connections === 0) await once(elsewhere, 'connection');
    expect(await frame.locator('html').getAttribute('class')).toBeNull();
    elsewhere.close();
  });

  it('keeps the figures of an open report as they are', async () => {
    await service.store.recordSends('open', [
      { recipient: 'r1', atMs: 1 },
      { recipient: 'r2', atMs: 1 },
    ]);
    await page.goto(`${service.url}/messages/open`);
    await page.getByText('figures are live').waitFor();
    const raw = page.locator('[data-figure="rates.open.raw"]').first();
    expect(await raw.innerText()).toMatch(/^0\s%$/);
    const mail = service.tracker.compile('<body>x', { message: 'open' }).render('r1');
    await ask(urlIn(mail.html, 'o'));
    await page.locator('[data-figure="rates.open.raw"][value="0.5"]').first().waitFor();
    expect(await raw.innerText()).toMatch(/^50\s%$/);
  });
});
