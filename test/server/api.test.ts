import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

const EXTRA = 'an-admin-token-of-the-environment';

describe('the API', () => {
  let service: TestService;
  let tokens: Record<'read' | 'write' | 'admin', string>;
  beforeAll(async () => {
    service = await startTestService({ apiToken: EXTRA });
    tokens = {
      read: (await service.store.createApiToken('read')).token,
      write: (await service.store.createApiToken('write')).token,
      admin: (await service.store.createApiToken('admin')).token,
    };
  });
  afterAll(() => service.end());

  function api(
    path: string,
    token: string | undefined,
    options: { method?: string; body?: string; accept?: string } = {},
  ) {
    const headers: Record<string, string> = {};
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (options.accept !== undefined) headers['accept'] = options.accept;
    return ask(`${service.url}/api/v1${path}`, {
      headers,
      ...(options.method && { method: options.method }),
      ...(options.body && { body: options.body }),
    });
  }

  it.each([
    ['no token', undefined],
    ['a token that is none', 'nonsense'],
    ['a token of the right form', `tt_aaaaaaaa_${'a'.repeat(52)}`],
  ])('answers %s with 401 and a problem', async (_, token) => {
    for (const path of ['/messages', '/messages/m', '/nothing']) {
      const answer = await api(path, token);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(answer.text)).toMatchObject({ status: 401, title: 'Unauthorized' });
    }
  });

  it('refuses a changed last character of a real token', async () => {
    const changed = tokens.read.slice(0, -1) + (tokens.read.endsWith('a') ? 'b' : 'a');
    expect((await api('/messages', changed)).status).toBe(401);
  });

  it('lets each scope do what those below it may', async () => {
    const body = '[{"recipient":"s1"}]';
    const status = async (token: string) => [
      (await api('/messages', token)).status,
      (await api('/messages/scopes/sends', token, { method: 'POST', body })).status,
    ];
    expect(await status(tokens.read)).toEqual([200, 403]);
    expect(await status(tokens.write)).toEqual([200, 200]);
    expect(await status(tokens.admin)).toEqual([200, 200]);
    expect(await status(EXTRA)).toEqual([200, 200]);
  });

  it('stops accepting a token when it is revoked', async () => {
    const { id, token } = await service.store.createApiToken('read');
    expect((await api('/messages', token)).status).toBe(200);
    await service.store.revokeApiToken(id);
    expect((await api('/messages', token)).status).toBe(401);
  });

  it('takes sends as a JSON array, once each', async () => {
    const sends = [
      { recipient: 'a', at: '2026-01-01T09:00:00.000Z', domain: 'Example.com' },
      { recipient: 'b', at: '2026-01-01T08:00:00+02:00', consent: { opens: 'none', clicks: 'individual' } },
      { recipient: '' },
      { recipient: 'c', at: 'yesterday' },
      { recipient: 'd', consent: { opens: 'all', clicks: 'none' } },
      { recipient: 'e', consnt: { opens: 'none', clicks: 'none' } },
      { recipient: 'f', domain: 'ä b' },
    ];
    const body = JSON.stringify(sends);
    const first = JSON.parse((await api('/messages/json%20sends/sends', tokens.write, { method: 'POST', body })).text);
    expect(first).toMatchObject({ accepted: 2, duplicate: 0 });
    expect(first.rejected.map((row: { line: number }) => row.line)).toEqual([3, 4, 5, 6, 7]);
    expect(first.rejected[3].reason).toContain('consnt');
    expect(first.rejected[0].reason).toContain('empty');
    const again = JSON.parse((await api('/messages/json%20sends/sends', tokens.write, { method: 'POST', body })).text);
    expect(again).toMatchObject({ accepted: 0, duplicate: 2 });
    const report = JSON.parse((await api('/messages/json%20sends', tokens.read)).text);
    expect(report).toMatchObject({
      message: { id: 'json sends', firstSentAt: '2026-01-01T06:00:00.000Z' },
      sent: 2,
      recipients: { measurable: { opens: 1, clicks: 2 } },
      rates: { denominator: 'measurable' },
    });
  });

  it('takes no send that is to happen yet, but for what clocks are apart', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const body = JSON.stringify([
      { recipient: 'a', at: '2100-01-01T00:00:00Z' },
      { recipient: 'b', at: soon },
    ]);
    const answer = JSON.parse((await api('/messages/later/sends', tokens.write, { method: 'POST', body })).text);
    expect(answer).toMatchObject({
      ...{ accepted: 1, rejected: [{ line: 1, reason: expect.stringMatching(/^at: it is in the future/) }] },
    });
  });

  it('takes sends as NDJSON and names the lines it rejects', async () => {
    const body = '{"recipient":"a"}\n\nnot json\n{"recipient":"b"}\n';
    const answer = JSON.parse((await api('/messages/nd/sends', tokens.write, { method: 'POST', body })).text);
    expect(answer).toMatchObject({ accepted: 2, duplicate: 0, rejected: [{ line: 3, reason: 'not JSON' }] });
  });

  it.each([
    ['an empty body', '/messages/m/sends', ' ', 400],
    ['an array that is none', '/messages/m/sends', '[{"recipient":', 400],
    ['a message id with a control character', '/messages/a%00b/sends', '[]', 400],
    ['more than it holds', '/messages/m/sends', 'x'.repeat(10_000_001), 413],
  ])('refuses %s', async (_, path, body, status) => {
    const answer = await api(path, tokens.write, { method: 'POST', body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).detail.length).toBeGreaterThan(20);
  });

  it('compares two messages, as JSON and as CSV', async () => {
    for (const message of ['one', 'other'])
      await api(`/messages/${message}/sends`, tokens.write, { method: 'POST', body: '[{"recipient":"s1"}]' });
    const { status, text } = await api('/compare?a=one&b=other', tokens.read);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      a: { id: 'one', sent: 1 },
      b: { id: 'other' },
      difference: { open: { value: null }, click: { value: 0 } },
      warnings: [{ code: 'not-estimated' }, { code: 'not-estimated' }],
    });
    expect((await api('/compare?a=one&b=other&format=csv', tokens.read)).text).toMatch(
      /^figure,a,b,difference,low,high\n/,
    );
  });

  it.each([
    ['/compare?a=one', 400, 'compared by their ids'],
    ['/compare?a=one&b=nothing', 404, 'No message \\"nothing\\"'],
  ])('answers %s with %i', async (path, status, detail) => {
    await api('/messages/one/sends', tokens.write, { method: 'POST', body: '[{"recipient":"s1"}]' });
    const answer = await api(path, tokens.read);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(detail)]);
  });

  it('reports a click and an open of a mail', async () => {
    const mail = service.tracker.compile('<body><a href="https://shop.example/">Shop</a>', { message: 'whole' });
    await mail.register();
    const { html } = mail.render('r1');
    await ask(urlIn(html, 'o'));
    await ask(urlIn(html, 'c'));
    await service.settler.settleNow();
    const report = JSON.parse((await api('/messages/whole', tokens.read)).text);
    expect(report.opens).toMatchObject({ total: 1, unique: 1, anonymous: 0 });
    expect(report.clicks).toMatchObject({ total: 1, unique: 1, anonymous: 0 });
    expect(report.links).toEqual([
      { index: 0, destination: 'https://shop.example/', name: 'Shop', clicks: { total: 1, unique: 1, human: 0 } },
    ]);
  });

  it('gives CSV by Accept or by format, with the figures of the JSON', async () => {
    const json = JSON.parse((await api('/messages/whole', tokens.read)).text);
    for (const answer of [
      await api('/messages/whole', tokens.read, { accept: 'text/csv' }),
      await api('/messages/whole?format=csv', tokens.read),
    ]) {
      expect(answer.headers['content-type']).toContain('text/csv');
      expect(answer.text).toContain(`opens.total,${json.opens.total},`);
    }
  });

  it('pages through messages by cursor', async () => {
    const seen: string[] = [];
    let path: string | null = '/messages?limit=1';
    while (path !== null) {
      const page: { items: { id: string }[]; next: string | null } = JSON.parse((await api(path, tokens.read)).text);
      expect(page.items).toHaveLength(1);
      seen.push(...page.items.map((item) => item.id));
      path = page.next === null ? null : `/messages?limit=1&cursor=${page.next}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(['whole', 'nd', 'json sends']));
  });

  it.each([['limit=0'], ['limit=501'], ['limit=x'], ['cursor=x'], ['cursor=m1%27--']])('refuses ?%s', async (query) => {
    expect((await api(`/messages?${query}`, tokens.read)).status).toBe(400);
  });

  it('answers an unknown message with 404 and where to look', async () => {
    const answer = await api('/messages/%3Cscript%3E', tokens.read);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text).detail).toContain('GET /api/v1/messages');
  });

  it('answers probes with one word, and unknown paths with 404', async () => {
    expect((await ask(`${service.url}/healthz`)).text).toBe('ok');
    expect((await ask(`${service.url}/readyz`)).text).toBe('ready');
    expect((await ask(`${service.url}/wp-login.php`)).status).toBe(404);
    expect((await api('/nothing', tokens.read)).status).toBe(404);
  });

  it('meets no problem all the while', () => {
    expect(service.problems).toEqual([]);
  });
});
