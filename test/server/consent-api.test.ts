import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startTestService, type TestService, urlIn } from '../support/service.ts';

describe('the API of consent', () => {
  let service: TestService;
  let token: string;
  let id: string;
  beforeAll(async () => {
    service = await startTestService({});
    ({ token, id } = await service.store.createApiToken('write'));
  });
  afterAll(() => service.end());

  async function api(method: string, recipient: string, body?: object, by = token) {
    const headers = { authorization: `Bearer ${by}`, 'content-type': 'application/json' };
    const path = `${service.url}/api/v1/recipients/${encodeURIComponent(recipient)}/consent`;
    const answer = await ask(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    return { ...answer, json: () => JSON.parse(answer.text) };
  }

  const withdrawn = { opens: 'none', clicks: 'aggregate', purpose: 'open tracking', source: 'preference form' };

  it('records who changed what, when and for what, newest first', async () => {
    expect((await api('GET', 'r 1')).json()).toEqual({ recipient: 'r 1', consent: null, items: [] });
    const given = { ...withdrawn, opens: 'individual', clicks: 'individual', at: '2026-01-01T10:00:00+01:00' };
    await api('PUT', 'r 1', given);
    const { status, json } = await api('PUT', 'r 1', withdrawn);
    expect(status).toBe(200);
    const stamp = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(json()).toEqual({
      recipient: 'r 1',
      consent: { opens: 'none', clicks: 'aggregate' },
      items: [
        { ...withdrawn, at: stamp, recordedAt: stamp, by: id },
        { ...given, at: '2026-01-01T09:00:00.000Z', recordedAt: stamp, by: id },
      ],
    });
    expect((await api('GET', 'r 1')).json()).toEqual(json());
  });

  it('keeps the record of a change that changes nothing', async () => {
    for (let time = 0; time < 2; time += 1) await api('PUT', 'r2', withdrawn);
    expect((await api('GET', 'r2')).json().items).toHaveLength(2);
  });

  it('records what is told of an earlier time as proof, and leaves in force what came later', async () => {
    const given = { ...withdrawn, opens: 'individual', clicks: 'individual', at: '2020-01-01T00:00:00Z' };
    expect((await api('PUT', 'r7', withdrawn)).json().note).toBeUndefined();
    const { json } = await api('PUT', 'r7', given);
    expect(json()).toMatchObject({
      consent: { opens: 'none', clicks: 'aggregate' },
      items: [{ at: '2020-01-01T00:00:00.000Z', opens: 'individual' }, { opens: 'none' }],
      note: expect.stringContaining('changes nothing'),
    });
    // What was told to be of later today holds from now on, until the next word.
    const ahead = new Date(Date.now() + 3_600_000).toISOString();
    await api('PUT', 'r7', { ...given, at: ahead });
    expect((await api('PUT', 'r7', withdrawn)).json().consent).toEqual({ opens: 'none', clicks: 'aggregate' });
  });

  it('silences mail that is sent already, whose links still lead there', async () => {
    const { html } = service.tracker.rewrite('<body><a href="https://shop.example/">x</a></body>', {
      message: 'm',
      recipient: 'r3',
    });
    expect((await ask(urlIn(html, 'o'))).headers['telltale-ignored']).toBeUndefined();
    await api('PUT', 'r3', { ...withdrawn, clicks: 'none' });
    await expect.poll(async () => (await ask(urlIn(html, 'o'))).headers['telltale-ignored']).toBe('consent');
    const click = await ask(urlIn(html, 'c'));
    expect([click.status, click.headers.location]).toEqual([302, 'https://shop.example/']);
  });

  it('keeps nothing of who is erased', async () => {
    await api('PUT', 'r4', withdrawn);
    await service.store.eraseRecipient('r4', 'us');
    expect((await api('GET', 'r4')).json()).toEqual({ recipient: 'r4', consent: null, items: [] });
    expect((await api('PUT', 'r4', withdrawn)).status).toBe(409);
    expect((await api('GET', 'r4')).json().items).toEqual([]);
  });

  it.each([
    [{ ...withdrawn, opens: 'some' }, /opens.*must be one of none, aggregate, individual/],
    [{ ...withdrawn, purpose: ' ' }, /purpose.*must be said/],
    [{ opens: 'none', clicks: 'none' }, /purpose/],
    [{ ...withdrawn, at: 'yesterday' }, /ISO 8601/],
    [{ ...withdrawn, reason: 'x' }, /there is no property "reason"/],
    [{ ...withdrawn, opens: undefined }, /opens: must be one of none, aggregate, individual, but it is missing/],
    [{ ...withdrawn, at: '2100-01-01T00:00:00Z' }, /at: it is in the future.* 2100-01-01T00:00:00Z came/],
  ])('refuses %j', async (body, words) => {
    const { status, json } = await api('PUT', 'r5', body);
    expect([status, json().detail]).toEqual([400, expect.stringMatching(words)]);
  });

  it('needs the scope to write', async () => {
    const { token: reader } = await service.store.createApiToken('read');
    expect((await api('PUT', 'r6', withdrawn, reader)).status).toBe(403);
    expect((await api('GET', 'r6', undefined, reader)).status).toBe(200);
  });
});
