// Export, erasure and suppressions over the API.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPORT } from '../../src/server/api-schemas.ts';
import { makeHit, makeLink, startMs } from '../support/hits.ts';
import { ask, startTestService, type TestService } from '../support/service.ts';
import { settleHits } from '../support/stores.ts';
import { tracesOf } from '../support/traces.ts';

let service: TestService;
let admin: string;
let writer: string;
beforeAll(async () => {
  service = await startTestService({});
  admin = (await service.store.createApiToken('admin')).token;
  writer = (await service.store.createApiToken('write')).token;
});
afterAll(() => service.end());

async function api(method: string, path: string, of: { readonly by?: string; readonly body?: object } = {}) {
  const headers = { authorization: `Bearer ${of.by ?? admin}`, 'content-type': 'application/json' };
  const body = of.body === undefined ? {} : { body: JSON.stringify(of.body) };
  const answer = await ask(`${service.url}/api/v1${path}`, { method, headers, ...body });
  return { ...answer, json: () => JSON.parse(answer.text) };
}

describe('what is stored of a recipient', () => {
  it('is told whole, message by message, with the reasons of each verdict', async () => {
    const { store } = service;
    const send = { recipient: 'anna 1', atMs: startMs, domain: 'example.com' };
    const run = { id: 'run', host: 'here', pid: process.pid };
    await store.startSending('m1', run);
    const ended = [{ recipient: 'anna 1', end: 'sent', atMs: startMs, reply: 250, send } as const];
    await store.logSends('m1', run, { ended, begun: [] });
    const hit = { message: 'm1', recipient: 'anna 1' };
    await settleHits(store, [
      makeHit({ ...hit, atMs: startMs + 60_000, peer: '0011223344556677' }),
      makeHit({ ...hit, atMs: startMs + 61_000, link: makeLink() }),
      makeHit({ ...hit, atMs: startMs + 62_000, kind: 'unsubscribe' }),
      makeHit({ ...hit, message: 'm2', atMs: startMs + 63_000, test: true }),
      makeHit({ message: 'm1', recipient: 'somebody else' }),
    ]);
    const proof = { purpose: 'opens', source: 'a form', atMs: startMs };
    await store.setConsent('anna 1', { opens: 'none', clicks: 'individual' }, 'us', proof);
    const { status, json } = await api('GET', '/recipients/anna%201?include=everything');
    const all = json();
    expect([status, EXPORT.safeParse(all).error]).toEqual([200, undefined]);
    const at = new Date(startMs).toISOString();
    expect(all).toMatchObject({
      ...{ recipient: 'anna 1', erased: false, consent: { opens: 'none', clicks: 'individual' } },
      consents: [{ opens: 'none', clicks: 'individual', purpose: 'opens', source: 'a form', at, by: 'us' }],
      suppression: { reason: 'unsubscribe', source: null },
      messages: [
        {
          message: 'm1',
          send: { at, domain: 'example.com', opens: 'individual', clicks: 'individual' },
          handOver: { state: 'sent', at, reply: 250 },
          opens: { total: 1 },
          clicks: { total: 1 },
          links: [{ index: 0, destination: 'https://example.com/', total: 1 }],
          unsubscribedAt: new Date(startMs + 62_000).toISOString(),
          events: [
            { event: 'open', userAgent: expect.stringContaining('Mozilla'), peer: '0011223344556677', test: false },
            { event: 'click', destination: 'https://example.com/', link: 0 },
            { event: 'unsubscribe' },
          ],
        },
        { message: 'm2', send: null, events: [{ event: 'open', test: true }] },
      ],
    });
    for (const { reasons } of all.messages[0].events) expect(reasons.length).toBeGreaterThan(0);
    expect(JSON.stringify(all)).not.toContain('somebody else');
  });

  it('is nothing of whom nobody heard, and a tombstone of who is erased', async () => {
    expect((await api('GET', '/recipients/nobody?include=everything')).status).toBe(404);
    await api('DELETE', '/recipients/gone-1');
    expect((await api('GET', '/recipients/gone-1?include=everything')).json()).toEqual({
      ...{ recipient: 'gone-1', erased: true, consent: null, consents: [], suppression: null, messages: [] },
      ...{ conversions: [], notices: [] },
    });
  });
});

describe('erasing over the API', () => {
  it('says what went and until when journals may hold something, and takes an admin', async () => {
    await service.store.recordSends('m3', [{ recipient: 'gone-7c1f', atMs: startMs }]);
    expect((await api('DELETE', '/recipients/gone-7c1f', { by: writer })).status).toBe(403);
    const { status, json } = await api('DELETE', '/recipients/gone-7c1f');
    expect([status, json()]).toMatchObject([
      200,
      { found: true, tombstone: 'new', isClean: true, rows: { recipients: 1, sends: 1, events: 0 } },
    ]);
    expect(Date.parse(json().journalsUntil)).toBeGreaterThan(Date.now());
    expect(tracesOf(service.directory, 'gone-7c1f', service.keys)).toEqual([]);
    expect((await api('DELETE', '/recipients/gone-7c1f')).json()).toMatchObject({ found: false, tombstone: 'known' });
    const sent = await api('POST', '/messages/m3/sends', { body: [{ recipient: 'gone-7c1f' }, { recipient: 'r9' }] });
    expect(sent.json()).toEqual({
      ...{ accepted: 1, duplicate: 0, rejected: [{ line: 1, reason: 'this recipient is erased' }] },
    });
  });
});

describe('suppressions over the API', () => {
  it('are added once, listed page by page, and taken back', async () => {
    const put = await api('PUT', '/suppressions/s%2F1', { by: writer, body: { reason: 'bounce', source: 'a list' } });
    expect([put.status, put.json()]).toMatchObject([200, { recipient: 's/1', reason: 'bounce', source: 'a list' }]);
    expect((await api('PUT', '/suppressions/s%2F1', { by: writer })).json().reason).toBe('bounce');
    expect((await api('PUT', '/suppressions/s2', { by: writer })).json()).toMatchObject({
      ...{ reason: 'manual', source: null },
    });
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = (await api('GET', `/suppressions?limit=1${cursor}`)).json();
      seen.push(...page.items.map(({ recipient }: { recipient: string }) => recipient));
      cursor = page.next === null ? '' : `&cursor=${page.next}`;
    } while (cursor !== '');
    expect(seen).toEqual(expect.arrayContaining(['s/1', 's2']));
    expect(new Set(seen).size).toBe(seen.length);
    expect((await api('GET', '/suppressions?format=csv')).text).toContain('s/1,bounce,a list,');
    expect((await api('DELETE', '/suppressions/s2', { by: writer })).status).toBe(204);
    expect((await api('DELETE', '/suppressions/s2', { by: writer })).status).toBe(404);
    expect((await api('GET', '/suppressions?cursor=nonsense')).status).toBe(400);
    expect((await api('PUT', '/suppressions/s3', { body: { reason: 'whim' } })).status).toBe(400);
  });

  it('are none of who is erased', async () => {
    await api('DELETE', '/recipients/gone-2');
    expect((await api('PUT', '/suppressions/gone-2')).status).toBe(409);
  });
});
