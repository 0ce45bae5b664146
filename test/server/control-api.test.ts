import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readShortLinkToken, shortLinkToken } from '../../src/token/short-link-token.ts';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

const EXTRA = 'an-admin-token-of-the-environment';

describe('the API of the control state', () => {
  let service: TestService;
  let tokens: Record<'read' | 'write' | 'admin', { readonly id: string; readonly token: string }>;
  beforeAll(async () => {
    service = await startTestService({ apiToken: EXTRA });
    tokens = {
      read: await service.store.createApiToken('read'),
      write: await service.store.createApiToken('write'),
      admin: await service.store.createApiToken('admin'),
    };
  });
  afterAll(async () => {
    expect(service.problems).toEqual([]);
    await service.end();
  });

  async function api(method: string, path: string, body?: object | string, token = tokens.admin.token) {
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    const headers = {
      authorization: `Bearer ${token}`,
      // Node's client gives a DELETE none of its own.
      'content-length': String(Buffer.byteLength(text ?? '')),
    };
    const answer = await ask(`${service.url}/api/v1${path}`, {
      method,
      headers,
      ...(text !== undefined && { body: text }),
    });
    return { ...answer, json: () => JSON.parse(answer.text) };
  }

  it('revokes and undoes, and lists what, when, by whom', async () => {
    const message = { kind: 'message', message: 'spring sale' };
    const link = { kind: 'link', message: 'spring sale', index: 3 };
    const made = await api('POST', '/revocations', message);
    expect(made.status).toBe(200);
    expect(made.json()).toEqual({
      ...message,
      revokedAt: expect.stringMatching(/Z$/),
      revokedBy: tokens.admin.id,
      restoredAt: null,
      restoredBy: null,
    });
    expect((await api('POST', '/revocations', message, EXTRA)).json()).toEqual(made.json());
    await api('POST', '/revocations', link, EXTRA);
    const host = (await api('POST', '/revocations', { kind: 'host', host: 'Sale.Example:443' })).json();
    expect(host.host).toBe('sale.example:443');
    const undone = (await api('DELETE', '/revocations', message, EXTRA)).json();
    expect(undone).toMatchObject({
      ...made.json(),
      restoredAt: expect.stringMatching(/Z$/),
      restoredBy: 'environment',
    });
    const byQuery = await api('DELETE', '/revocations?kind=link&message=spring%20sale&index=3');
    expect(byQuery.json()).toMatchObject({ ...link, revokedBy: 'environment', restoredBy: tokens.admin.id });
    const { items, next } = (await api('GET', '/revocations', undefined, tokens.read.token)).json();
    expect(items).toEqual([host, byQuery.json(), undone]);
    expect(next).toBeNull();
  });

  it('pages, and gives CSV', async () => {
    const first = (await api('GET', '/revocations?limit=2')).json();
    const second = (await api('GET', `/revocations?limit=2&cursor=${first.next}`)).json();
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
    const csv = await api('GET', '/revocations?format=csv');
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.text.split('\n')[0]).toBe('kind,message,index,host,revokedAt,revokedBy,restoredAt,restoredBy');
    expect(csv.text).toContain('link,spring sale,3,,');
    expect((await api('GET', '/revocations?cursor=x')).status).toBe(400);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['no kind', { message: 'm' }],
    ['another kind', { kind: 'campaign', message: 'm' }],
    ['a message without an id', { kind: 'message' }],
    ['an id with a control character', { kind: 'message', message: 'a\u0000' }],
    ['a link without an index', { kind: 'link', message: 'm' }],
    ['a link below 0', { kind: 'link', message: 'm', index: -1 }],
    ['a host with a path', { kind: 'host', host: 'shop.example/x' }],
    ['a field too many', { kind: 'message', message: 'm', index: 1 }],
  ])('refuses %s and says what it takes', async (_, body) => {
    for (const method of ['POST', 'DELETE']) {
      const answer = await api(method, '/revocations', body);
      expect(answer.status).toBe(400);
      expect(answer.json().detail).toContain('"kind": "link"');
    }
  });

  it('answers 404 when what is to be undone is not revoked', async () => {
    const answer = await api('DELETE', '/revocations', { kind: 'host', host: 'never.example' });
    expect([answer.status, answer.json().detail]).toEqual([404, expect.stringContaining('not revoked')]);
  });

  it('lets readers read and admins change', async () => {
    const body = { kind: 'host', host: 'x.example' };
    const status = async (token: string) => [
      (await api('GET', '/revocations', undefined, token)).status,
      (await api('POST', '/revocations', body, token)).status,
      (await api('DELETE', '/revocations', body, token)).status,
      (await api('POST', '/messages/m/links', [{ index: 0, destination: 'https://a.example/' }], token)).status,
    ];
    expect(await status(tokens.read.token)).toEqual([200, 403, 403, 403]);
    expect(await status(tokens.write.token)).toEqual([200, 403, 403, 200]);
    expect(await status(tokens.admin.token)).toEqual([200, 200, 200, 200]);
    expect(await status('none')).toEqual([401, 401, 401, 401]);
  });

  it('registers links, whose short form then redirects', async () => {
    const html = '<a href="https://shop.example/a">a</a> <a href="https://shop.example/b">b</a>';
    const links = [
      { index: 1, destination: 'https://SHOP.example/b' },
      { index: 0, destination: 'https://shop.example/a', name: 'First' },
    ];
    const { set } = (await api('POST', '/messages/from%20afar/links', links, tokens.write.token)).json();
    expect((await api('POST', '/messages/from%20afar/links', links, tokens.write.token)).json()).toEqual({ set });
    await service.control.follower.followNow();
    const url = urlIn(service.tracker.compile(html, { message: 'from afar' }).render('r1').html, 'c');
    const answer = await ask(url.replace(/[^/]+$/, shortLinkToken(set, 1)));
    expect([answer.status, answer.headers['location']]).toEqual([302, 'https://shop.example/b']);
    const draft = service.tracker.compile(html, { message: 'from afar', links: 'short' }).draft('r1').html;
    expect(readShortLinkToken(urlIn(draft, 'c').split('/').at(-1) ?? '')).toEqual({ set, index: 0 });
    expect((await service.store.linksOf('from afar', 10)).map(({ name }) => name)).toEqual(['First', '']);
  });

  it.each([
    ['no array', { index: 0, destination: 'https://a.example/' }],
    ['no link', []],
    ['an index twice', [0, 0].map((index) => ({ index, destination: 'https://a.example/' }))],
    ['an index of 16 bits', [{ index: 32_768, destination: 'https://a.example/' }]],
    ['a script', [{ index: 0, destination: 'javascript:alert(1)' }]],
    ['userinfo', [{ index: 0, destination: 'https://a@b.example/' }]],
    ['a misspelt field', [{ index: 0, destnation: 'https://a.example/' }]],
  ])('refuses links with %s', async (_, body) => {
    const answer = await api('POST', '/messages/m/links', body);
    expect(answer.status).toBe(400);
    expect(answer.json().detail).toContain('JSON array of links');
  });

  it('answers 409 when other links of the message have that name', async () => {
    const links = [{ index: 0, destination: 'https://a.example/' }];
    const { set } = (await api('POST', '/messages/first/links', links)).json();
    await service.store.recordShortLinks('second', set, [{ index: 0, destination: 'https://b.example/' }], 'library');
    const answer = await api('POST', '/messages/second/links', links);
    expect([answer.status, answer.json().detail]).toEqual([409, expect.stringContaining('self-contained')]);
  });
});
