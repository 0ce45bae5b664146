// The reports' API: lists, pages, formats, what a sender says of a message, and what is refused.
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { ask, startTestService, type TestService } from '../support/service.ts';
import { settleHits } from '../support/stores.ts';

/** Ids that are none of our business: markup, formulas, text that turns round, and the longest there may be. */
const STRANGE = [
  '<img src=x onerror=alert(1)>',
  '=HYPERLINK("https://evil.example")',
  '\u202egnp.exe',
  '@SUM(A1)',
  'a/b?c#d%00',
  'x'.repeat(128),
];

let service: TestService;
let tokens: Record<'read' | 'write' | 'admin', string>;
beforeAll(async () => {
  service = await startTestService();
  const made = async (scope: 'read' | 'write' | 'admin') => (await service.store.createApiToken(scope)).token;
  tokens = { read: await made('read'), write: await made('write'), admin: await made('admin') };
  const { store } = service;
  await store.recordSends(
    'sale',
    [...STRANGE, 'r1', 'r2'].map((recipient) => ({ recipient, atMs: sentMs, domain: 'example.com' })),
  );
  for (const message of STRANGE) await store.recordSends(message, [{ recipient: 'r1', atMs: sentMs }]);
  await settleHits(store, [
    makeHit({ message: 'sale', recipient: 'r1' }),
    makeHit({
      message: 'sale',
      recipient: 'r1',
      link: makeLink({ destination: 'https://example.com/?q==1+1' }),
      atMs: startMs + 1_000,
    }),
    makeHit({ message: 'sale', recipient: 'r2', test: true, atMs: startMs + 2_000 }),
  ]);
});
afterAll(() => service.end());

type Asked = { method?: string; body?: string; token?: string; headers?: Readonly<Record<string, string>> };

function api(path: string, { method = 'GET', body, token = tokens.read, headers = {} }: Asked = {}) {
  return ask(`${service.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { body }),
  });
}

const json = async (path: string, asked?: Asked) => JSON.parse((await api(path, asked)).text);
const put = (id: string, body: unknown, token = tokens.write) =>
  api(`/messages/${encodeURIComponent(id)}`, {
    method: 'PUT',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    token,
  });

describe('the API of reports', () => {
  it('searches and sorts messages', async () => {
    expect((await json('/messages?search=sal')).items.map((item: { id: string }) => item.id)).toEqual(['sale']);
    expect((await json('/messages?sort=opened&limit=1')).items[0].id).toBe('sale');
    const { next } = await json('/messages?sort=sent&limit=1');
    expect((await api(`/messages?sort=opened&cursor=${next}`)).status).toBe(400);
  });

  it('shows recipients by filter, one by search, and pages of them', async () => {
    expect((await json('/messages/sale/recipients?filter=clicked')).items).toEqual([
      expect.objectContaining({
        recipient: 'r1',
        domain: 'example.com',
        clicks: expect.objectContaining({ people: 1 }),
      }),
    ]);
    const search = encodeURIComponent(STRANGE[0] ?? '');
    expect((await json(`/messages/sale/recipients?search=${search}`)).items[0].recipient).toBe(STRANGE[0]);
    const { items, next } = await json('/messages/sale/recipients?limit=3');
    const rest = await json(`/messages/sale/recipients?limit=500&cursor=${next}`);
    expect([items.length, rest.items.length, rest.next]).toEqual([3, 5, null]);
  });

  it('shows the timeline in a time zone, the links, the domains and the history of a recipient', async () => {
    const { tz, points } = await json('/messages/sale/timeline?tz=Asia%2FKolkata');
    expect([tz, points[0].start]).toEqual(['Asia/Kolkata', '2026-01-01T04:00:00+05:30']);
    expect((await json('/messages/sale/links')).items).toEqual([
      expect.objectContaining({ index: 0, clicks: { total: 1, unique: 1, human: 1 } }),
    ]);
    expect((await json('/messages/sale')).domains).toEqual([{ domain: 'example.com', sent: 8, opened: 1, clicked: 1 }]);
    const history = await json('/recipients/r1?limit=2');
    expect(history.items.map((item: { message: string }) => item.message)).toEqual([...STRANGE].reverse().slice(0, 2));
    expect((await json(`/recipients/r1?cursor=${history.next}`)).items.at(-1)).toMatchObject({
      message: 'sale',
      opens: { people: 1 },
    });
  });

  it('streams events as NDJSON that goes on behind any of its lines', async () => {
    const { text, headers } = await api('/messages/sale/events', { headers: { accept: 'application/x-ndjson' } });
    expect(headers['content-type']).toContain('application/x-ndjson');
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual(['open', 'click']);
    const rest = await api(`/messages/sale/events?format=ndjson&cursor=e${events[0].id}`);
    expect(JSON.parse(rest.text)).toEqual(events[1]);
  });

  it('leaves test traffic out, and shows it when asked', async () => {
    expect((await json('/messages/sale/events')).items).toHaveLength(2);
    expect((await json('/messages/sale/events?include=test')).items).toHaveLength(3);
    expect((await json('/messages/sale')).test).toBeUndefined();
    const report = await json('/messages/sale?include=test');
    expect([report.test, report.opens.total]).toEqual([{ opens: 1, clicks: 0 }, 1]);
  });

  it('gives whole lists as CSV in which no cell is a formula', async () => {
    for (const path of [
      '/messages/sale/recipients',
      '/messages/sale/events',
      '/messages',
      '/messages/sale/links',
      '/messages/sale/timeline',
      '/recipients/r1',
    ]) {
      const { status, text, headers } = await api(`${path}?format=csv`);
      expect([path, status, headers['content-type']]).toEqual([path, 200, 'text/csv; charset=utf-8']);
      const rows: readonly string[][] = parse(text);
      expect(rows.length).toBeGreaterThan(1);
      for (const cell of rows.flat()) expect(cell).not.toMatch(/^[=+@\t\r]/);
    }
    const recipients: readonly { recipient: string }[] = parse(
      (await api('/messages/sale/recipients?format=csv')).text,
      { columns: true },
    );
    expect(recipients.map(({ recipient }) => recipient).sort()).toEqual(
      [...STRANGE.map((id) => id.replace(/^(?=[=@])/, "'")), 'r1', 'r2'].sort(),
    );
    expect((await api('/messages/sale/recipients?format=csv&limit=2')).text.trimEnd().split('\n')).toHaveLength(3);
  });

  it('writes one header however many pages a CSV has', async () => {
    const many = Array.from({ length: 1_200 }, (_, at) => ({ recipient: `n${at}`, atMs: startMs }));
    await service.store.recordSends('many', many);
    const rows: readonly string[][] = parse(
      (await api('/messages/many/recipients', { headers: { accept: 'text/csv' } })).text,
    );
    expect(new Set(rows.map(([recipient]) => recipient)).size).toBe(1_201);
    expect(rows).toHaveLength(1_201);
  });

  it('answers 304 to who has the report already, and anew once it has changed', async () => {
    const { headers } = await api('/messages/sale');
    const etag = String(headers['etag']);
    expect(headers['cache-control']).toBe('private, no-cache');
    const again = await api('/messages/sale', { headers: { 'if-none-match': etag } });
    expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', etag]);
    expect((await api('/messages/sale?format=csv', { headers: { 'if-none-match': etag } })).status).toBe(200);
    await settleHits(service.store, [makeHit({ message: 'sale', recipient: 'r1', atMs: startMs + 5_000 })]);
    expect((await api('/messages/sale', { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  it('finds every message and recipient by its id, however strange, and shows it as it is', async () => {
    for (const id of STRANGE) {
      expect((await json(`/messages/${encodeURIComponent(id)}`)).message.id).toBe(id);
      expect((await json(`/recipients/${encodeURIComponent(id)}`)).recipient).toBe(id);
    }
  });
});

describe('what a sender says of a message', () => {
  it('stands in the report, stays where it is not said again, and can be taken back', async () => {
    const name = '<script>alert(1)</script> \u202e=1+1';
    expect((await put('sale', { name, cost: '120.50', currency: 'EUR' })).status).toBe(200);
    expect(await json('/messages/sale')).toMatchObject({
      message: { name },
      cost: { amount: '120.50', currency: 'EUR' },
    });
    expect(JSON.parse((await put('sale', { name: 'Sale' })).text)).toEqual({
      id: 'sale',
      name: 'Sale',
      cost: { amount: '120.50', currency: 'EUR' },
    });
    expect(JSON.parse((await put('sale', { name: null, cost: null, currency: null })).text)).toEqual({
      id: 'sale',
      name: null,
      cost: null,
    });
  });

  it('can be said before anything is sent', async () => {
    expect((await put('ahead', { name: 'Ahead' })).status).toBe(201);
    expect(await json('/messages/ahead')).toMatchObject({ message: { id: 'ahead', name: 'Ahead' }, sent: 0 });
    expect((await json('/messages?search=ahead')).items).toHaveLength(1);
  });

  it.each([
    ['no JSON', 'name=x', 'must be JSON'],
    ['a list', [], 'must be JSON'],
    ['a misspelt key', { nmae: 'x' }, 'nmae'],
    ['an empty name', { name: '' }, 'must not be empty'],
    ['a name of 10 kB', { name: 'x'.repeat(10_000) }, 'at most 200 characters'],
    ['a name with a line break', { name: 'a\nb' }, 'control character'],
    ['a cost without a currency', { cost: '1' }, 'go together'],
    ['a cost that is a number', { cost: 1, currency: 'EUR' }, 'decimal number as text'],
    ['a cost that is none', { cost: '1e3', currency: 'EUR' }, 'decimal number as text'],
    ['a negative cost', { cost: '-1', currency: 'EUR' }, 'decimal number as text'],
    ['a currency that is none', { cost: '1', currency: 'ZZZ' }, 'ISO 4217'],
  ])('is refused when it is %s', async (_, body, words) => {
    const { status, text } = await put('sale', body);
    expect([status, text]).toEqual([400, expect.stringContaining(words)]);
  });

  it('needs scope write, and deleting needs admin', async () => {
    expect((await put('sale', {}, tokens.read)).status).toBe(403);
    expect((await api('/messages/sale', { method: 'DELETE', token: tokens.write })).status).toBe(403);
  });
});

describe('a message that is deleted', () => {
  it('is gone at once, and nothing of it is left behind; what comes later makes it anew', async () => {
    const { store } = service;
    const remove = () => api('/messages/gone', { method: 'DELETE', token: tokens.admin });
    await store.recordSends('gone', [{ recipient: 'r1', atMs: sentMs }]);
    await settleHits(store, [makeHit({ message: 'gone', recipient: 'r1' })]);
    const { status, text } = await remove();
    expect([status, text]).toEqual([204, '']);
    expect((await api('/messages/gone')).status).toBe(404);
    expect((await json('/messages?search=gone')).items).toEqual([]);
    expect((await remove()).status).toBe(404);
    await settleHits(store, [makeHit({ message: 'gone', recipient: 'r1' })]);
    expect(await json('/messages/gone')).toMatchObject({ sent: 0, opens: { total: 1 } });
  });
});

describe('a request that cannot be used', () => {
  it.each([
    ['/messages?limt=5', 400, 'Did you mean limit?'],
    ['/messages/sale?tz=UTC', 400, 'no option \\"tz\\"'],
    ['/messages?sort=opens;drop%20table', 400, 'newest, name, sent, opened, clicked'],
    [`/messages?search=${'x'.repeat(300)}`, 400, 'search'],
    ['/messages?format=xml', 400, 'json, csv, ndjson'],
    ['/messages/sale/recipients?filter=openend', 400, 'all, opened, clicked, nothing, unsubscribed'],
    ['/messages/sale/recipients?cursor=m1', 400, 'cursor must be the \\"next\\"'],
    ['/messages/sale/recipients?limit=501', 400, 'a whole number from 1 to 500'],
    ['/messages/sale/events?cursor=e00', 400, 'cursor must be the \\"next\\"'],
    ['/messages/sale/events?from=yesterday', 400, 'from: must be a time of ISO 8601'],
    ['/messages/sale/events?from=2026-02-30T00:00:00Z', 400, 'from: must be a time of ISO 8601'],
    ['/messages/sale/events?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 400, 'from must be before to'],
    ['/messages/sale/events?include=all', 400, 'must be test'],
    ['/messages/sale/timeline?tz=Europe/Berln', 400, 'Did you mean Europe/Berlin?'],
    ['/messages/nothing', 404, 'GET /api/v1/messages'],
    ['/messages/nothing/recipients', 404, 'No message \\"nothing\\"'],
    ['/messages/nothing/recipients?format=csv', 404, 'No message \\"nothing\\"'],
    ['/messages/nothing/events', 404, 'No message \\"nothing\\"'],
    ['/messages/nothing/timeline', 404, 'No message \\"nothing\\"'],
    ['/messages/nothing/links', 404, 'No message \\"nothing\\"'],
    ['/recipients/nobody', 404, 'Nothing is known of a recipient \\"nobody\\"'],
    [`/messages/${'x'.repeat(129)}`, 400, 'has 129 bytes'],
    [`/recipients/${'x'.repeat(3_000)}`, 400, 'has 3000 bytes'],
    ['/messages/a%00b', 400, 'control character'],
  ])('is told why: %s', async (path, status, words) => {
    const answer = await api(path);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words)]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['etag']).toBeUndefined();
  });

  it('meets no problem of the server', () => {
    expect(service.problems).toEqual([]);
  });
});

describe('GET /messages/:id/audience', () => {
  it.each([
    ['who=foo', /who takes sent, opened, clicked, converted, clicked:LINK.* but "foo" came/],
    ['not=bought', /not takes/],
    ['who=clicked%3A%25zz', /who takes/],
    ['who=clicked%3ATypo', /the message "sale" has no link "Typo"/],
  ])('answers %s with 400 and what the command says', async (query, detail) => {
    const answer = await api(`/messages/sale/audience?${query}`);
    expect([answer.status, JSON.parse(answer.text).detail]).toEqual([400, expect.stringMatching(detail)]);
  });
});
