import { once } from 'node:events';
import { load } from 'cheerio';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TelltaleError } from '../../src/base/errors.ts';
import { createApp } from '../../src/server/create-app.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { type LoggedIn, logIn } from '../support/log-in.ts';
import { playMailing } from '../support/mailing.ts';
import { ask, startTestService, type TestService } from '../support/service.ts';
import { settleHits } from '../support/stores.ts';

const EXTRA = 'an-admin-token';
const MARKUP = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7 | times: 6 }}';
const FORMULA = '=HYPERLINK("https://evil.example")';
const OVERRIDE = 'safe\u202egnp.exe';
const LONG = 'x'.repeat(128);
const IDS = [MARKUP, FORMULA, OVERRIDE, LONG, 'a/b?c#d', '.', '..', '-', '%2e%2e', 'ünï cödé', ' space '];

let service: TestService;
let session: LoggedIn;
beforeAll(async () => {
  service = await startTestService({ apiToken: EXTRA });
  session = await logIn(service.url, EXTRA);
  await playMailing(service.store, 'm', { recipients: 60, masked: 20, opensEvery: 3, clicksEvery: 7 });
  for (const id of IDS) {
    await service.store.recordSends(id, [{ recipient: id, atMs: startMs, domain: 'example.com' }]);
    const destination = `https://shop.example/${encodeURIComponent(id)}/${'long/'.repeat(300)}`;
    await service.store.recordLinks(id, [{ index: 0, destination, name: `${id} ${'y'.repeat(10_000)}` }]);
    const from = { ...CLIENTS.reader, headers: { ...CLIENTS.reader.headers, 'user-agent': MARKUP } };
    await settleHits(service.store, [makeHit({ message: id, recipient: id, from, link: makeLink({ destination }) })]);
  }
});
afterAll(() => service.end());

/** The hrefs in a page, whole. */
function hrefsIn(html: string, base: string): readonly string[] {
  const $ = load(html);
  return $('a[href]')
    .map((_, link) => new URL($(link).attr('href') ?? '', base).href)
    .get();
}

async function linkTo(title: string): Promise<string> {
  let path = '/';
  for (;;) {
    const { text } = await session.get(path);
    const $ = load(text);
    const link = $('tbody a').filter((_, found) => $(found).text() === title);
    if (link.length > 0) return new URL(link.attr('href') ?? '', service.url).href.slice(service.url.length);
    const next = $('.pages .right').attr('href');
    if (next === undefined) throw new Error(`${title} is in no list`);
    path = `/${next}`;
  }
}

describe('ids that are not nice', () => {
  it.each(IDS)('are text and nothing else, and their pages are found: %j', async (id) => {
    const path = await linkTo(id);
    const page = await session.get(path);
    expect(page.status).toBe(200);
    const $ = load(page.text);
    expect($('h1').text()).toBe(id);
    expect($('h1 > bdi')).toHaveLength(1);
    expect($('script:not([data-live]), img, iframe, link:not([rel=icon]), [onerror], [style]')).toHaveLength(0);
    expect(page.text).not.toMatch(/[\u202a-\u202e\u2066-\u2069](?![^<]*<\/(?:bdi|title)>)/);
    expect(page.body.length).toBeLessThan(60_000);
    const recipient = $('#recipients').parent().find('tbody a').attr('href') ?? '';
    const history = await session.get(new URL(recipient, service.url + path).href.slice(service.url.length));
    expect([history.status, load(history.text)('h1').text()]).toEqual([200, id]);
    const compare = hrefsIn(page.text, service.url + path).find((href) => href.includes('/compare?')) ?? '';
    const compared = await session.get(`${compare.slice(service.url.length)}&b=m`);
    expect([compared.status, load(compared.text)('input[name=a]').attr('value')]).toEqual([200, id]);
  });
});

describe('the report as CSV', () => {
  it.each([
    ['m', 'm.csv'],
    [OVERRIDE, 'safe-gnp-exe.csv'],
    [FORMULA, '-HYPERLINK-https-evil-example-.csv'],
    ['ünï cödé', 'ünï-cödé.csv'],
    ['..', '-.csv'],
  ])('is a file to keep, under a plain name, the same as from the API: %j', async (id, name) => {
    const path = new URL(await linkTo(id), service.url).pathname.replace('/messages/', '');
    const csv = id === '..' ? `/messages/-/report.csv?id=..` : `/messages/${path}/report.csv`;
    const page = await session.get(await linkTo(id));
    expect(hrefsIn(page.text, service.url + (await linkTo(id)))).toContain(service.url + csv);
    const file = await session.get(csv);
    expect(file.status).toBe(200);
    expect(file.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const [, coded = ''] =
      /^attachment; filename="[\w-]+\.csv"; filename\*=UTF-8''(.+)$/.exec(
        String(file.headers['content-disposition']),
      ) ?? [];
    expect(decodeURIComponent(coded)).toBe(name);
    if (id === 'm') {
      const authorization = `Bearer ${EXTRA}`;
      const api = await ask(`${service.url}/api/v1/messages/m?format=csv`, { headers: { authorization } });
      expect(file.text).toBe(api.text);
    }
  });

  it('is none of a message that is not known', async () => {
    expect((await session.get('/messages/none/report.csv')).status).toBe(404);
  });
});

describe('every link in a page', () => {
  it.each(['/', '/messages/m', '/messages/m?tz=Europe/Berlin&show=opened', '/compare?a=m&b=m', '/recipients/r1'])(
    'leads to a page of ours: %s',
    async (path) => {
      const { text } = await session.get(path);
      const hrefs = hrefsIn(text, service.url + path).filter((href) => !href.endsWith('/map'));
      expect(hrefs.length).toBeGreaterThan(1);
      for (const href of new Set(hrefs)) {
        expect(href.startsWith(service.url)).toBe(true);
        const { status } = await session.get(href.slice(service.url.length).replace(/#.*/, ''));
        expect([href, status]).toEqual([href, 200]);
      }
    },
  );
});

describe('what is not there', () => {
  it.each([
    ['a message', '/messages/none', 404, 'No such message'],
    ['a recipient', '/recipients/nobody', 404, 'No such recipient'],
    ['a page of the list', '/?after=nonsense', 400, 'No such page of the list'],
    ['a page of another order', '/?sort=name&after=m12', 400, 'No such page of the list'],
    ['a page of recipients', '/messages/m?after=k00', 400, 'No such page of the list'],
    ['an order', '/?sort=random', 400, 'sort must be one of'],
    ['a filter', '/messages/m?show=%3Cscript%3E', 400, 'show must be one of'],
  ])('is told with a way back: %s', async (_, path, status, words) => {
    const page = await session.get(path);
    expect(page.status).toBe(status);
    expect(page.text).toContain(words);
    expect(page.text).not.toContain('<script>');
    const back = hrefsIn(page.text, service.url + path).at(-1) ?? '';
    expect((await session.get(back.slice(service.url.length))).text).toContain('<h1>Messages</h1>');
  });

  it('is told of a message to compare, beside the form', async () => {
    const page = await session.get('/compare?a=m&b=none');
    expect([page.status, load(page.text)('[role=alert]').text()]).toEqual([404, 'No message "none" was sent or hit.']);
  });

  it('is a time zone, whose nearest name is told while the report shows in UTC', async () => {
    const page = await session.get('/messages/m?tz=Europe/Berlln');
    const $ = load(page.text);
    expect(page.status).toBe(400);
    expect($('[role=alert]').text()).toContain('Did you mean Europe/Berlin?');
    expect($('input[name=tz]').attr('value')).toBe('Europe/Berlln');
    expect($('.big').text()).not.toBe('');
  });
});

describe('the list of messages', () => {
  it('finds by a part of the id, and says when there is none', async () => {
    const titles = async (query: string) =>
      load((await session.get(`/${query}`)).text)('tbody a')
        .map((_, link) => load(link).text())
        .get();
    expect(await titles('?q=c%23')).toEqual(['a/b?c#d']);
    expect((await session.get('/?q=%3Cb%3E')).text).toContain('“&lt;b&gt;”');
  });
});

describe('recipients', () => {
  it.each([
    ['opened', 'yes'],
    ['clicked', 'yes'],
    ['nothing', '–'],
  ])('are filtered by what they did: %s', async (show, word) => {
    const $ = load((await session.get(`/messages/m?show=${show}`)).text);
    const rows = $('#recipients').parent().find('tbody tr');
    expect(rows.length).toBeGreaterThan(3);
    const column = show === 'clicked' ? 2 : 1;
    for (const row of rows.toArray()) {
      const told = $(row).children().eq(column).text();
      expect(show === 'nothing' ? told.replace(/^no: .*/, '–') : told).toBe(word);
    }
    expect($('.tabs [aria-current]')).toHaveLength(1);
  });

  it('are all reached, page by page', async () => {
    const seen: string[] = [];
    for (let path: string | undefined = '/messages/m'; path !== undefined; ) {
      const $ = load((await session.get(path)).text);
      seen.push(
        ...$('#recipients')
          .parent()
          .find('tbody a')
          .map((_, link) => $(link).text())
          .get(),
      );
      const next = $('#recipients').parent().find('.pages .right').attr('href');
      path = next === undefined ? undefined : `/messages/m${next}`;
    }
    expect(new Set(seen).size).toBe(60);
    expect(seen).toHaveLength(60);
  });

  it('are found by their id', async () => {
    const $ = load((await session.get('/messages/m?find=r7')).text);
    expect($('#recipients').parent().find('tbody th a').text()).toBe('r7');
  });
});

it('shows a page of its own while the store cannot be read, and says nothing of why', async () => {
  const problems: unknown[] = [];
  const locked = async () => {
    throw new TelltaleError('STORE_BUSY', 'Another program has /srv/secret.db locked.');
  };
  const { journal, keys } = service;
  const store = { ...service.store, listMessages: locked };
  const tracker = { baseUrl: 'http://127.0.0.1', keys };
  const app = createApp({ tracker, store, journal, apiToken: EXTRA, onProblem: (problem) => problems.push(problem) });
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const page = await ask(`${url}/`, { headers: { cookie: session.cookie } });
  expect([page.status, page.headers['retry-after']]).toEqual([503, '5']);
  expect(page.text).toContain('Reload this page in a moment');
  expect(page.text).not.toContain('secret');
  expect(problems).toHaveLength(1);
});
