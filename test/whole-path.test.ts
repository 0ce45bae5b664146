// One mail the whole way: made with MJML, compiled, sent through SMTP, opened and clicked over HTTP, settled, reported.
import { readFile } from 'node:fs/promises';
import { load } from 'cheerio';
import mjml2html from 'mjml';
import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trackingPlugin } from '../src/mail/tracking-plugin.ts';
import { buildReport } from '../src/report/build-report.ts';
import type { Tracker } from '../src/track/create-tracker.ts';
import { ask, startTestService, type TestService } from './support/service.ts';
import { type Inbox, startInbox } from './support/smtp.ts';

const MJML = `
<mjml>
  <mj-body>
    <mj-section background-url="https://img.shop.example/hero.jpg"><mj-column>
      <mj-text>Dear reader, <a href="https://shop.example/news?a=1&amp;b=2">the news</a>.</mj-text>
      <mj-button href="https://shop.example/sale">To the sale</mj-button>
      <mj-image src="https://img.shop.example/p.jpg" href="https://shop.example/p" alt="A pump" />
    </mj-column></mj-section>
    <mj-section><mj-group><mj-column width="50%"><mj-text>Left</mj-text></mj-column><mj-column width="50%"><mj-text>Right</mj-text></mj-column></mj-group></mj-section>
    <mj-raw><!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="https://shop.example/outlook" style="height:40px;width:200px;"><center>Outlook</center></v:roundrect><![endif]--></mj-raw>
  </mj-body>
</mjml>`;

const TRACKED = /https?:\/\/127\.0\.0\.1:\d+\/c\/[a-z2-7]+\/[a-z2-7]+/g;

describe('a mail made with MJML', () => {
  let service: TestService;
  let inbox: Inbox;
  let source: string;
  beforeAll(async () => {
    service = await startTestService();
    inbox = await startInbox();
    source = (await mjml2html(MJML)).html;
  });
  afterAll(async () => {
    await inbox.close();
    await service.end();
  });

  it('comes through SMTP with its Outlook comments byte-identical but for hrefs', async () => {
    const transporter = createTransport({ host: '127.0.0.1', port: inbox.port, ignoreTLS: true });
    // It is read at once; nobody reads a mail within a second, so it was sent an hour before.
    const tracker: Tracker = {
      ...service.tracker,
      recordSend: (message, send) => service.tracker.recordSend(message, { ...send, atMs: send.atMs - 3_600_000 }),
    };
    transporter.use('compile', trackingPlugin(tracker));
    for (const recipient of ['r1', 'r2']) {
      const to = `${recipient}@example.org`;
      await transporter.sendMail({
        from: 'us@example.com',
        to,
        subject: 'News',
        html: source,
        tracking: { message: 'news', recipient },
      });
    }
    transporter.close();
    await service.tracker.close();
    const received = (await inbox.last()).html || '';
    const comments = (html: string) => html.match(/<!--\[if[\s\S]*?-->/g) ?? [];
    const plain = (html: string) => html.replace(TRACKED, 'URL').replaceAll('https://shop.example/outlook', 'URL');
    expect(comments(source).length).toBeGreaterThan(8);
    expect(comments(received).map(plain)).toEqual(comments(source).map(plain));
    expect(received).toContain('href="http://127.0.0.1');
    expect(received).not.toContain('href="https://shop.example');
  });

  it('is reported as it was opened and clicked, by the right reader at the right link', async () => {
    const $ = load((await inbox.last()).html || '');
    const browser = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'accept-language': 'en',
    };
    const pixel = $('img[src*="/o/"]').attr('src') ?? '';
    const sale = $('a:contains("To the sale")').attr('href') ?? '';
    expect((await ask(pixel, { headers: browser })).status).toBe(200);
    expect((await ask(sale, { headers: browser })).headers['location']).toBe('https://shop.example/sale');
    await service.settler.settleNow();
    const report = await buildReport(service.store, { message: 'news' });
    expect(report).toMatchObject({
      sent: 2,
      opens: { total: 1, unique: 1, byLabel: { human: { total: 1, unique: 1 } } },
      clicks: { total: 1, unique: 1, byLabel: { human: { total: 1, unique: 1 } } },
      rates: {
        denominator: 'sent',
        open: { raw: 0.5, human: 0.5 },
        click: { raw: 0.5, human: 0.5 },
        clickToOpen: { raw: 1, human: 1 },
      },
    });
    const clicked = report.links.filter((link) => link.clicks.total > 0);
    expect(clicked).toEqual([
      {
        index: 1,
        destination: 'https://shop.example/sale',
        name: 'To the sale',
        clicks: { total: 1, unique: 1, human: 1 },
      },
    ]);
    expect(report.links.map((link) => link.destination)).toEqual([
      'https://shop.example/news?a=1&b=2',
      'https://shop.example/sale',
      'https://shop.example/p',
      'https://shop.example/outlook',
    ]);
    expect(service.problems).toEqual([]);
  });
});

describe('the sample mails', () => {
  it.each(['newsletter', 'receipt', 'personal', 'ugly-hrefs'])(
    '%s differs from its source in href values and one pixel',
    async (name) => {
      const service = await startTestService();
      const source = await readFile(new URL(`../templates/mail/${name}.html`, import.meta.url), 'utf8');
      const html = service.tracker.rewrite(source, { message: 'm', recipient: 'r' }).html;
      const pixel = /<img src="http:\/\/127\.0\.0\.1:\d+\/o\/[a-z2-7]+\.gif" [^>]*>/g;
      expect(html.match(pixel)).toHaveLength(1);
      const parts = html.replace(pixel, '').split(TRACKED);
      let at = 0;
      for (const part of parts) {
        const found = source.indexOf(part, at);
        expect(found, part.slice(0, 80)).toBeGreaterThanOrEqual(at);
        at = found + part.length;
      }
      expect(at).toBe(source.length);
      expect(parts.length).toBeGreaterThan(2);
      await service.end();
    },
  );
});
