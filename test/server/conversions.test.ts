import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealClickToken } from '../../src/token/click-token.ts';
import { conversionSecretOf, sealConversion } from '../../src/token/conversion-seal.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { testRing } from '../support/keys.ts';
import { type Answer, ask, startTestService, type TestService, urlIn } from '../support/service.ts';
import { rowsOf } from '../support/stores.ts';

let service: TestService;
let write: string;
beforeAll(async () => {
  service = await startTestService();
  write = (await service.store.createApiToken('write')).token;
});
afterAll(() => service.end());

const DAY = 86_400_000;
let orders = 0;
function anOrder(): string {
  orders += 1;
  return `order-${orders}`;
}

function clickId(
  of: { readonly recipient?: string | null; readonly agoMs?: number; readonly message?: string } = {},
): string {
  const { recipient = 'r1', agoMs = 0, message = 'm' } = of;
  const atMs = Date.now() - agoMs;
  return sealClickToken(service.keys.signing(), { message, recipient, link: 2, atMs, test: false });
}

function pixel(query: Readonly<Record<string, string>>, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${service.url}/v.gif?${new URLSearchParams(query)}`, options);
}

/** What is stored of an order. */
async function stored(order: string) {
  await service.settler.settleNow();
  const rows = rowsOf(service.store.url.replace('sqlite:', ''), 'SELECT * FROM conversions');
  return rows.find((row) => row['order_id'] === order);
}

async function post(body: unknown, token = write) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answer = await ask(`${service.url}/api/v1/conversions`, { method: 'POST', headers, body: text });
  return { status: answer.status, body: JSON.parse(answer.text) };
}

describe('the conversion pixel', () => {
  it('answers with a GIF once the sale is on disk, and keeps it unverified', async () => {
    const order = anOrder();
    const answer = await pixel({ click: clickId(), order, value: '49.90', currency: 'EUR' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('image/gif');
    // On a busy machine an answer leaves before its commit, and says so.
    expect(answer.headers['telltale-durable']).toMatch(/^(?:yes|no)$/);
    expect(answer.headers['telltale-ignored']).toBeUndefined();
    expect(await stored(order)).toMatchObject({ minor: 4_990, currency: 'EUR', proof: 0, link_index: 2 });
  });

  it('counts a page that is loaded again once, whatever it says then', async () => {
    const order = anOrder();
    const click = clickId();
    for (const value of ['10', '10', '99']) await pixel({ click, order, value, currency: 'EUR' });
    expect(await stored(order)).toMatchObject({ minor: 1_000 });
  });

  it('is verified where the shop has sealed its value, and refused where the seal is another’s', async () => {
    const [order, other] = [anOrder(), anOrder()];
    const sale = { order, value: '49.90', currency: 'EUR' };
    const seal = sealConversion(conversionSecretOf(service.keys.signing()), sale);
    const forged = await pixel({ click: clickId(), ...sale, order: other, seal });
    expect(forged.headers['telltale-ignored']).toBe('seal-invalid');
    await pixel({ click: clickId(), ...sale, seal });
    expect(await stored(order)).toMatchObject({ proof: 1, minor: 4_990 });
    expect(await stored(other)).toBeUndefined();
  });

  const R = () => {
    const mail = service.tracker.compile('<a href="https://a.example/">a</a>', { message: 'm' });
    return new URL(urlIn(mail.render('r1').html, 'c')).pathname.split('/')[2] ?? '';
  };
  const cases: readonly (readonly [string, string, () => Readonly<Record<string, string>>])[] = [
    ['nothing at all', 'no-click', () => ({})],
    ['no click', 'no-click', () => ({ order: 'x', value: '1', currency: 'EUR' })],
    ['a click id that is none', 'click-invalid', () => ({ click: 'abc', order: 'x' })],
    ['an R in its place', 'click-invalid', () => ({ click: R(), order: 'x' })],
    [
      'a click id of another key',
      'click-invalid',
      () => {
        const click = { message: 'm', recipient: 'r', link: 0, atMs: Date.now(), test: false };
        return { click: sealClickToken(createKeyRing(testRing()).signing(), click), order: 'x' };
      },
    ],
    ['one that is too old', 'click-expired', () => ({ click: clickId({ agoMs: 8 * DAY + 2_000 }), order: 'x' })],
    ['no order', 'order-invalid', () => ({ click: clickId() })],
    ['an order of 3 kB', 'order-invalid', () => ({ click: clickId(), order: 'x'.repeat(3_000) })],
    ['an order with a control character', 'order-invalid', () => ({ click: clickId(), order: 'a\nb' })],
    ...['1e9', '-0', '12,50', '9'.repeat(30), '-5', '1.234', 'NaN'].map(
      (value) =>
        [
          `the value ${value}`,
          'value-invalid',
          () => ({ click: clickId(), order: 'x', value, currency: 'EUR' }),
        ] as const,
    ),
    ['no currency', 'currency-invalid', () => ({ click: clickId(), order: 'x', value: '1' })],
    ['an unknown currency', 'currency-invalid', () => ({ click: clickId(), order: 'x', value: '1', currency: 'XYZ' })],
  ];

  it.each(cases)('ignores %s, and says %s', async (_, reason, query) => {
    const before = service.journal.counts().received;
    const answer = await pixel(query());
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'image/gif']);
    expect(answer.headers['telltale-ignored']).toBe(reason);
    expect(service.journal.counts().received).toBe(before);
    expect((await ask(`${service.url}/metrics`)).text).toMatch(/telltale_requests_ignored_total\{path="conversion"/);
  });

  it('takes a click id for the window and a day', async () => {
    const order = anOrder();
    await pixel({ click: clickId({ agoMs: 8 * DAY - 60_000 }), order });
    expect(await stored(order)).toMatchObject({ minor: null, currency: null });
  });

  it('ignores an address of 10 kB', async () => {
    expect((await ask(`${service.url}/v.gif?order=${'x'.repeat(10_000)}`)).status).toBe(414);
  });

  it.each(['HEAD', 'OPTIONS', 'POST'])('stores nothing for %s', async (method) => {
    const before = service.journal.counts().received;
    const answer = await pixel({ click: clickId(), order: anOrder() }, { method });
    expect(answer.status).toBe({ HEAD: 200, OPTIONS: 204 }[method] ?? 405);
    expect(service.journal.counts().received).toBe(before);
  });

  it('names nobody under a privacy signal, nor by a click that names nobody', async () => {
    const [signal, nobody] = [anOrder(), anOrder()];
    await pixel({ click: clickId(), order: signal }, { headers: { 'sec-gpc': '1' } });
    await pixel({ click: clickId({ recipient: null }), order: nobody });
    expect(await stored(signal)).toMatchObject({ recipient_key: null });
    expect(await stored(nobody)).toMatchObject({ recipient_key: null });
  });

  it('keeps nothing of who has withdrawn, and of what is revoked', async () => {
    await service.store.setConsent('gone', { opens: 'none', clicks: 'none' }, 'test');
    await service.store.revoke({ kind: 'message', message: 'stopped' }, 'test');
    const ignored = async (of: Parameters<typeof clickId>[0]) =>
      (await pixel({ click: clickId(of), order: anOrder() })).headers['telltale-ignored'];
    await expect.poll(() => ignored({ recipient: 'gone' })).toBe('consent');
    await expect.poll(() => ignored({ message: 'stopped' })).toBe('revoked');
  });
});

describe('POST /api/v1/conversions', () => {
  it('takes one, an array, and lines; each order once', async () => {
    const [a, b, c] = [anOrder(), anOrder(), anOrder()];
    const click = clickId();
    const one = JSON.stringify({ order: a, click, value: '49.90', currency: 'EUR' }, null, 2);
    expect(await post(one)).toEqual({ status: 200, body: { accepted: 1, duplicate: 0, rejected: [] } });
    expect(
      (
        await post([
          { order: a, click, value: '49.90', currency: 'EUR' },
          { order: b, click },
        ])
      ).body,
    ).toEqual({
      ...{ accepted: 1, duplicate: 1, rejected: [] },
    });
    const lines = `{"order":"${c}","click":"${click}"}\n\nnot json\n{"order":"${b}","click":"${click}","refunded":"1","currency":"EUR"}\n`;
    expect((await post(lines)).body).toEqual({
      ...{ accepted: 1, duplicate: 0 },
      rejected: [
        { line: 3, reason: 'not JSON' },
        { line: 4, reason: 'refunded: it is more than the value' },
      ],
    });
    expect(await stored(a)).toMatchObject({ proof: 2, minor: 4_990 });
  });

  it('verifies what a pixel told by a value alone, and corrects it', async () => {
    const order = anOrder();
    await pixel({ click: clickId(), order, value: '999.00', currency: 'EUR' });
    await stored(order);
    expect((await post({ order })).body.rejected).toEqual([
      { line: 1, reason: expect.stringMatching(/^value: .* only a post with value and currency verifies it/) },
    ]);
    await post({ order, refunded: '1.00', currency: 'EUR' });
    expect(await stored(order)).toMatchObject({ proof: 0, minor: 99_900, refunded_minor: 100 });
    expect((await post({ order, value: '49.90', currency: 'EUR' })).body.accepted).toBe(1);
    expect(await stored(order)).toMatchObject({ proof: 2, minor: 4_990, refunded_minor: 100, link_index: 2 });
    await post({ order, refunded: '9.90', currency: 'EUR' });
    expect(await stored(order)).toMatchObject({ minor: 4_990, refunded_minor: 990 });
    expect((await post({ order, refunded: '1', currency: 'USD' })).body.rejected[0].reason).toMatch(/^currency: /);
  });

  it('says how many are in no report, since nobody clicked', async () => {
    const sale = { order: anOrder(), recipient: 'never-clicked', value: '1', currency: 'EUR' };
    expect((await post(sale)).body).toEqual({ accepted: 1, duplicate: 0, rejected: [], unattributed: 1 });
  });

  it.each([
    [{ order: '' }, /^order: it is empty/],
    [{ order: 'x'.repeat(10_000) }, /^order: .* 10000 bytes, and 128 is the most/],
    [{ message: 'm' }, /^order: must be a text, but it is missing$/],
    [
      { order: 'x', value: 49.9, currency: 'EUR', message: 'm' },
      /^value: must be a decimal number as text, .*, but 49\.9 came$/,
    ],
    [
      { order: 'x', value: '12,50', currency: 'EUR', message: 'm' },
      /^value: the value must be a decimal number.* but "12,50" came$/,
    ],
    [{ order: 'x', value: '1', currency: 'XYZ', message: 'm' }, /^currency: .*ISO 4217.* but "XYZ" came$/],
    [{ order: 'x', value: '1', message: 'm' }, /^currency goes with/],
    [{ order: 'x', click: 'abc' }, /^click: it is no click id of this server/],
    [{ order: 'x' }, /^nothing says whose it is/],
    [{ order: 'x', message: 'never-heard' }, /^message: nothing was heard of it/],
    [{ order: 'x', message: 'm', at: '2100-01-01T00:00:00Z' }, /^at: it is in the future/],
    [{ order: 'x', message: 'm', valeu: '1' }, /^there is no property "valeu"$/],
  ])('refuses %j and says why', async (body, reason) => {
    const answer = await post([body]);
    expect(answer.body).toMatchObject({ accepted: 0, rejected: [{ line: 1, reason: expect.stringMatching(reason) }] });
  });

  it('refuses a click id that is too old', async () => {
    const answer = await post({ order: anOrder(), click: clickId({ agoMs: 9 * DAY }) });
    expect(answer.body.rejected[0].reason).toMatch(/^click: it is older than/);
  });

  it('is for who may write', async () => {
    const { token } = await service.store.createApiToken('read');
    expect((await post({ order: 'x' }, token)).status).toBe(403);
    expect((await post('not a body')).body.rejected).toHaveLength(1);
    expect((await post('')).status).toBe(400);
  });
});

describe('the script', () => {
  it('is under 1 kB, says how long a cookie lives, and may be kept for a while', async () => {
    const answer = await ask(`${service.url}/telltale.js`);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/javascript/);
    expect(answer.body.length).toBeLessThan(1_000);
    expect(answer.text).toContain('604800');
    expect(answer.text).toContain('SameSite=Lax');
    const etag = String(answer.headers['etag']);
    expect((await ask(`${service.url}/telltale.js`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await ask(`${service.url}/telltale.js`, { method: 'POST' })).status).toBe(405);
  });
});
