import { describe, expect, it } from 'vitest';
import type { Conversion } from '../../src/base/conversion.ts';
import { erase } from '../../src/retain/erase.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function sale(of: Partial<Conversion> = {}): Conversion {
  return {
    ...{ order: '1001', atMs: startMs + DAY, proof: 'pixel', test: false, recipient: 'r1', message: null },
    click: { message: 'spring-sale', link: 0, atMs: startMs },
    money: { currency: 'EUR', minor: 4_990 },
    refunded: null,
    ...of,
  };
}
const posted = (of: Partial<Conversion> = {}) => sale({ proof: 'posted', ...of });

async function open() {
  const { store, path } = await openTestStore();
  /** Sums by message, model (0 last, 1 first, 2 linear), proof, link and currency. */
  const sums = (model = 0) =>
    rowsOf(
      path,
      `SELECT messages.id, verified, link_index AS link, conversion_counts.currency, parts, minor FROM conversion_counts
       JOIN messages ON messages.key = message_key WHERE model = ${model} AND (parts <> 0 OR minor <> 0)
       ORDER BY messages.id, verified, link, conversion_counts.currency`,
    ).map(({ id, verified, link, currency, parts, minor }) => [
      id,
      verified,
      link,
      currency,
      Number(parts) / 1e6,
      minor,
    ]);
  return { store, path, sums, record: (...all: readonly Conversion[]) => store.recordConversions(all) };
}

describe('an order', () => {
  it('counts once, however often it is told', async () => {
    const { record, sums } = await open();
    expect(await record(sale(), sale(), sale({ money: { currency: 'EUR', minor: 1 } }))).toEqual([
      ...['accepted', 'duplicate', 'duplicate'],
    ]);
    expect(sums()).toEqual([['spring-sale', 0, 0, 'EUR', 1, 4_990]]);
  });

  it('is believed by its strongest proof, and a weaker one changes nothing any more', async () => {
    const { record, sums } = await open();
    await record(sale());
    expect(await record(sale({ proof: 'sealed', money: { currency: 'EUR', minor: 5_000 } }))).toEqual(['accepted']);
    expect(sums()).toEqual([['spring-sale', 1, 0, 'EUR', 1, 5_000]]);
    expect(await record(posted({ money: { currency: 'EUR', minor: 4_000 } }))).toEqual(['accepted']);
    expect(await record(sale({ proof: 'sealed' }), sale())).toEqual(['duplicate', 'duplicate']);
    expect(sums()).toEqual([['spring-sale', 1, 0, 'EUR', 1, 4_000]]);
  });

  it('is corrected and given back by the same id; given back whole, it is no conversion any more', async () => {
    const { record, sums } = await open();
    const more = (of: Partial<Conversion>) => posted({ click: null, recipient: null, money: null, ...of });
    await record(posted());
    await record(more({ refunded: { currency: 'EUR', minor: 990 } }));
    expect(sums()).toEqual([['spring-sale', 1, 0, 'EUR', 1, 4_000]]);
    expect(await record(more({ refunded: { currency: 'EUR', minor: 990 } }))).toEqual(['duplicate']);
    expect(await record(more({ refunded: { currency: 'EUR', minor: 5_000 } }))).toEqual(['refunded-too-much']);
    await record(more({ refunded: { currency: 'EUR', minor: 4_990 } }));
    expect(sums()).toEqual([]);
    await record(more({ money: { currency: 'USD', minor: 100 } }));
    expect(sums()).toEqual([['spring-sale', 1, 0, 'USD', 1, 100]]);
  });

  it('keeps the word of the pixel until somebody vouches for its value, whatever else is posted', async () => {
    const { record, sums } = await open();
    const more = (of: Partial<Conversion>) => posted({ click: null, recipient: null, money: null, ...of });
    await record(sale({ money: { currency: 'EUR', minor: 99_900 } }));
    expect(await record(more({}))).toEqual(['unverified']);
    expect(await record(more({ refunded: { currency: 'EUR', minor: 100 } }))).toEqual(['accepted']);
    expect(sums()).toEqual([['spring-sale', 0, 0, 'EUR', 1, 99_800]]);
    await record(more({ money: { currency: 'EUR', minor: 4_990 } }));
    expect(sums()).toEqual([['spring-sale', 1, 0, 'EUR', 1, 4_890]]);
    // What has no value needs nobody to vouch for one.
    await record(sale({ order: '1002', money: null }), more({ order: '1002' }));
    expect(sums()).toContainEqual(['spring-sale', 1, 0, '', 1, 0]);
  });

  it('is given back in its own currency alone', async () => {
    const { record, sums } = await open();
    const back = (currency: string, minor: number) =>
      posted({ click: null, recipient: null, money: null, refunded: { currency, minor } });
    await record(posted());
    expect(await record(back('USD', 1_100))).toEqual(['other-currency']);
    expect(sums()).toEqual([['spring-sale', 1, 0, 'EUR', 1, 4_990]]);
    expect(await record(back('EUR', 1_100))).toEqual(['accepted']);
  });

  it('keeps what was given back when its sale is told again, until that is taken back', async () => {
    const { record, sums } = await open();
    await record(
      posted(),
      posted({ click: null, recipient: null, money: null, refunded: { currency: 'EUR', minor: 1_000 } }),
    );
    expect(await record(posted())).toEqual(['duplicate']);
    expect(sums()).toEqual([['spring-sale', 1, 0, 'EUR', 1, 3_990]]);
    expect(await record(posted({ money: { currency: 'EUR', minor: 900 } }))).toEqual(['refunded-too-much']);
    expect(await record(posted({ refunded: { currency: 'EUR', minor: 0 } }))).toEqual(['accepted']);
    expect(sums()).toEqual([['spring-sale', 1, 0, 'EUR', 1, 4_990]]);
  });

  it('of somebody who never clicked is taken, and said to be in no report until they do', async () => {
    const { store, record, sums } = await open();
    await settleHits(store, [makeHit({ message: 'a', link: makeLink(), atMs: startMs })]);
    expect(await record(posted({ click: null, recipient: 'r9' }))).toEqual(['unattributed']);
    await settleHits(store, [makeHit({ message: 'a', recipient: 'r9', link: makeLink(), atMs: startMs + HOUR })]);
    expect(sums()).toEqual([['a', 1, 0, 'EUR', 1, 4_990]]);
  });

  it('of no known click, message or order is refused', async () => {
    const { record, sums } = await open();
    const bare = posted({ click: null, recipient: null });
    expect(
      await record(
        bare,
        { ...bare, money: null, refunded: { currency: 'EUR', minor: 1 } },
        { ...bare, message: 'nope' },
      ),
    ).toEqual([...['no-click', 'unknown-order', 'unknown-message']]);
    expect(sums()).toEqual([]);
  });

  it('without a value is one conversion, and several currencies stand side by side', async () => {
    const { record, sums } = await open();
    await record(posted({ order: 'a', money: null }), posted({ order: 'b' }));
    await record(posted({ order: 'c', money: { currency: 'JPY', minor: 1_500 } }));
    expect(sums()).toEqual([
      ['spring-sale', 1, 0, '', 1, 0],
      ['spring-sale', 1, 0, 'EUR', 1, 4_990],
      ['spring-sale', 1, 0, 'JPY', 1, 1_500],
    ]);
  });

  it('of test traffic is in no sum', async () => {
    const { record, sums } = await open();
    expect(await record(sale({ test: true }))).toEqual(['accepted']);
    expect(sums()).toEqual([]);
  });

  it('keeps sums exact where floats are not', async () => {
    const { record, path } = await open();
    await record(
      ...Array.from({ length: 1_000 }, (_, at) =>
        posted({ order: `o${at}`, money: { currency: 'EUR', minor: 9_999_999_999_999 } }),
      ),
    );
    const [row] = rowsOf(path, 'SELECT CAST(sum(minor) AS TEXT) AS sum FROM conversion_counts WHERE model = 0');
    expect(row?.['sum']).toBe('9999999999999000');
  });
});

describe('attribution', () => {
  const clickAt = (message: string, hours: number, from: (typeof CLIENTS)[keyof typeof CLIENTS] = CLIENTS.reader) =>
    makeHit({ message, link: makeLink({ index: 1 }), atMs: startMs + hours * HOUR, from });
  const click = (hours: number, message = 'b') => ({ message, link: 1, atMs: startMs + hours * HOUR });

  it('goes to the last, the first or all clicks of the recipient in the window', async () => {
    const { store, record, sums } = await open();
    await settleHits(store, [clickAt('a', 0), clickAt('b', 5), clickAt('b', 6), clickAt('c', -24 * 7)]);
    await record(sale({ click: click(6) }));
    expect(sums(0)).toEqual([['b', 0, 1, 'EUR', 1, 4_990]]);
    expect(sums(1)).toEqual([['a', 0, 1, 'EUR', 1, 4_990]]);
    expect(sums(2)).toEqual([
      ['a', 0, 1, 'EUR', 0.333334, 1_664],
      ['b', 0, 1, 'EUR', 0.666666, 3_326],
    ]);
  });

  it('leaves out clicks of programs, and takes them when told', async () => {
    const { store, record, sums } = await open();
    await settleHits(store, [clickAt('a', 0), clickAt('b', 5, CLIENTS.head)]);
    await record(sale({ click: click(5) }));
    expect(sums()).toEqual([['a', 0, 1, 'EUR', 1, 4_990]]);
    await store.setAttributionRules({ windowMs: 7 * DAY, clicks: 'all' });
    await record(sale({ order: '1002', click: click(5) }));
    expect(sums()).toEqual([
      ['a', 0, 1, 'EUR', 1, 4_990],
      ['b', 0, 1, 'EUR', 1, 4_990],
    ]);
  });

  it('goes by the window that is set', async () => {
    const { store, record, sums } = await open();
    await store.setAttributionRules({ windowMs: DAY, clicks: 'human' });
    expect(await store.attributionRules()).toEqual({ windowMs: DAY, clicks: 'human' });
    await settleHits(store, [clickAt('a', -1), clickAt('b', 1)]);
    await record(sale({ click: click(1) }));
    expect(sums(1)).toEqual([['b', 0, 1, 'EUR', 1, 4_990]]);
  });

  it('follows clicks that are settled later, and verdicts that change', async () => {
    const { store, record, sums } = await open();
    await record(sale({ click: click(2, 'a') }));
    await settleHits(store, [clickAt('a', 2), clickAt('b', 5)]);
    expect(sums()).toEqual([['b', 0, 1, 'EUR', 1, 4_990]]);
    expect(sums(1)).toEqual([['a', 0, 1, 'EUR', 1, 4_990]]);
    // A burst: what clicked b was a program.
    const burst = [2, 3, 4, 5].map((index, at) =>
      makeHit({ message: 'b', link: makeLink({ index, count: 6 }), atMs: startMs + 5 * HOUR + at * 100 }),
    );
    await settleHits(store, burst);
    expect(sums()).toEqual([['a', 0, 1, 'EUR', 1, 4_990]]);
  });

  it('of what is told to be of a recipient alone looks for their clicks, and of a message for those of it', async () => {
    const { store, record, sums } = await open();
    await settleHits(store, [clickAt('a', 0), clickAt('b', 5)]);
    await record(posted({ click: null }));
    await record(posted({ order: '2', click: null, message: 'a' }));
    await record(posted({ order: '3', click: null, message: 'a', recipient: null }));
    await record(posted({ order: '4', click: null, message: 'a', recipient: 'never-clicked' }));
    expect(sums()).toEqual([
      ['a', 1, -1, 'EUR', 2, 9_980],
      ['a', 1, 1, 'EUR', 1, 4_990],
      ['b', 1, 1, 'EUR', 1, 4_990],
    ]);
  });
});

describe('what may be kept of a conversion', () => {
  it('is nothing of who withdrew or was erased, and no name where only counts are allowed', async () => {
    const { store, record, path } = await open();
    await store.setConsent('none', { opens: 'none', clicks: 'none' }, 'test');
    await store.setConsent('some', { opens: 'none', clicks: 'aggregate' }, 'test');
    await store.eraseRecipient('erased', 'test');
    await store.revoke({ kind: 'message', message: 'revoked' }, 'test');
    expect(
      await record(
        sale({ order: '1', recipient: 'none' }),
        sale({ order: '2', recipient: 'erased' }),
        sale({ order: '3', recipient: 'some' }),
        sale({ order: '4', click: { message: 'revoked', link: 0, atMs: startMs } }),
      ),
    ).toEqual(['not-kept', 'not-kept', 'accepted', 'not-kept']);
    expect(rowsOf(path, 'SELECT order_id, recipient_key FROM conversions')).toEqual([
      { order_id: '3', recipient_key: null },
    ]);
  });

  it('goes with its recipient, while the sums stay', async () => {
    const { store, record, sums, path } = await open();
    await record(sale(), sale({ order: '2', recipient: 'r2' }));
    const of = async (recipient: string) => (await erase(store, { recipient, by: 'command' })).rows;
    expect(await of('r1')).toMatchObject({ conversions: 1, conversion_touches: 1 });
    expect(await of('nobody')).toMatchObject({ conversions: 0, conversion_touches: 0 });
    expect(rowsOf(path, 'SELECT order_id FROM conversions')).toEqual([{ order_id: '2' }]);
    expect(rowsOf(path, 'SELECT conversion_key FROM conversion_touches')).toHaveLength(1);
    expect(sums()).toEqual([['spring-sale', 0, 0, 'EUR', 2, 9_980]]);
  });

  it('goes with its message', async () => {
    const { store, record, path } = await open();
    await record(sale());
    await store.deleteMessage('spring-sale');
    while (await store.sweepStep());
    for (const table of ['conversions', 'conversion_touches', 'conversion_counts', 'conversion_quarters'])
      expect(rowsOf(path, `SELECT 1 FROM ${table}`)).toEqual([]);
  });
});
