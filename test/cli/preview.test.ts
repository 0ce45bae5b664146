import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/base/package-root.ts';
import { main } from '../../src/cli/main.ts';
import { findings } from '../support/axe.ts';
import { hasBrowser, startBrowser } from '../support/browser.ts';
import { run } from '../support/command.ts';
import { ask } from '../support/service.ts';
import { rowsOf } from '../support/stores.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const HTML = `<html><body><h1>Hello {{ first_name }}</h1><p><a href="https://shop.example/?c={{ code }}">Shop</a>
<a href="https://shop.example/all">All</a> <img src="https://images.example/a.png"> <a href="{{ unsubscribe_url }}">Leave</a></p></body></html>`;
const FLAGS = [
  ...['send', '--html', 'mail.html', '--subject', 'Hi <b> {{ first_name }}', '--from', 'Us <us@example.com>'],
  ...['--message', 'm', '--recipients', 'list.csv', '--preview'],
];
const env = { TELLTALE_BASE_URL: 'https://t.example.com' };

/** Starts a preview; nothing of it needs a mail server. */
async function preview(html: string, list: string) {
  const cwd = temporaryDirectory();
  await writeFile(join(cwd, 'mail.html'), html);
  await writeFile(join(cwd, 'list.csv'), list);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let said = '';
  stderr.on('data', (chunk) => {
    said += chunk;
  });
  let stop = () => {};
  const onInterrupt = (given: () => void) => {
    stop = given;
    return () => {};
  };
  const ended = main(FLAGS, { stdin: Readable.from([]), stdout, stderr, env, cwd, onInterrupt });
  const [line] = await Promise.race([
    once(stdout, 'data'),
    ended.then((status) => {
      throw new Error(`it ended with ${status}: ${said}`);
    }),
  ]);
  const url = /^preview on (\S+)\n$/.exec(String(line))?.[1] ?? '';
  return {
    ...{ url, cwd },
    said: () => said,
    end() {
      stop();
      return ended;
    },
  };
}

const rows = Array.from({ length: 12 }, (_, at) => `r${at}@example.com,r${at},Reader ${at},C${at}\n`);

describe('telltale send --preview', () => {
  it('shows the first ten mails as they would be sent, and records nothing', async () => {
    const at = await preview(HTML, `email,recipient,first_name,code\n${rows.join('')}`);
    const page = await ask(`${at.url}3`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('the first 10 of 12 recipients');
    expect(page.text).toContain('<h1>Hi &lt;b&gt; Reader 2</h1>');
    expect(page.text).toContain('https://shop.example/?c=C2');
    expect(page.text).toMatch(/List-Unsubscribe: &lt;https:\/\/t\.example\.com\/u\/[a-z2-7]+&gt;/);
    expect(page.text).not.toContain('r10@example.com');
    const mail = await ask(`${at.url}3/mail`);
    expect(mail.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
    expect(mail.headers['content-security-policy']).toContain('img-src data:;');
    expect(mail.text).toContain('<h1>Hello Reader 2</h1>');
    // Marked and not to be followed; the way out has no number.
    expect(mail.text.match(/<a data-telltale-heat="0" data-telltale-share="#\d" href="#" href="https:/g)).toHaveLength(
      2,
    );
    expect((await ask(`${at.url}11`)).status).toBe(404);
    expect((await ask(`${at.url}3`, { headers: { host: 'evil.example' } })).status).toBe(421);
    expect(await at.end()).toBe(0);
    for (const table of ['sends', 'send_log', 'messages', 'links', 'mails']) {
      expect(rowsOf(join(at.cwd, 'telltale-data/telltale.db'), `SELECT * FROM ${table}`)).toEqual([]);
    }
  });

  it('seals test traffic into every link', async () => {
    const at = await preview(HTML, `email,recipient,first_name,code\n${rows.join('')}`);
    const [pixel = ''] = /https:\/\/t\.example\.com\/o\/[a-z2-7]+\.gif/.exec((await ask(`${at.url}1/mail`)).text) ?? [];
    await at.end();
    const real = await run([...FLAGS.slice(0, -1), '--dry-run', 'out'], { cwd: at.cwd, env });
    expect(real.status).toBe(0);
    const sent = await readFile(join(at.cwd, 'out/r0=40example=2ecom.eml'), 'utf8');
    expect(sent.replaceAll(/=\r\n/g, '')).not.toContain(pixel.slice('https://t.example.com'.length));
  });

  it('says who would get none, and why', async () => {
    const at = await preview(HTML, 'email,first_name,code\nnobody,A,B\nann@example.com,Ann,X\n');
    const page = await ask(`${at.url}1`);
    expect(page.text).toContain('would get no mail');
    expect(page.text).toContain('✕');
    expect((await ask(`${at.url}2`)).text).toContain('Hi &lt;b&gt; Ann');
    await at.end();
  });

  it('is not for a test or a folder', async () => {
    const cwd = temporaryDirectory();
    for (const more of [
      ['--test', 'a@example.com'],
      ['--dry-run', 'out'],
    ]) {
      expect((await run([...FLAGS, ...more], { cwd, env })).status).toBe(2);
    }
  });
});

describe.skipIf(!hasBrowser)('telltale send --preview, in Chromium', () => {
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  beforeAll(async () => {
    browser = await startBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  it('has no serious finding of axe, in light and dark, and nothing is wider than a phone', async () => {
    const html = await readFile(new URL('templates/mail/newsletter.html', packageRoot), 'utf8');
    const at = await preview(html, 'email,recipient,first_name,name,code\nann@example.com,r1,Ann,Ann,X\nno,r2,B,B,Y\n');
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 375, height: 800 } });
      const problems: string[] = [];
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
      await page.goto(at.url);
      await page.frameLocator('iframe').locator('[data-telltale-share]').first().waitFor();
      expect(await findings(page)).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
      // Images from elsewhere are asked for by the mail, and by nobody else.
      expect(problems.filter((text) => !text.includes('"img-src data:"'))).toEqual([]);
      await page.close();
    }
    await at.end();
  }, 120_000);
});
