// What a message earned, in every form of a report.
import { join } from 'node:path';
import { load } from 'cheerio';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { Conversion } from '../../src/base/conversion.ts';
import { comparePage } from '../../src/pages/compare-page.ts';
import { reportFile } from '../../src/pages/report-page.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { buildTimeline } from '../../src/report/build-timeline.ts';
import { compareMessages, comparisonRows } from '../../src/report/compare-messages.ts';
import { timelineRows } from '../../src/report/list-rows.ts';
import { toCsv } from '../../src/report/report-csv.ts';
import { reportRows } from '../../src/report/report-rows.ts';
import { draw, run } from '../support/command.ts';
import { makeHit, makeLink, sentMs, startMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

const HOUR = 3_600_000;

async function soldStore() {
  const opened = await openTestStore();
  const { store } = opened;
  const recipients = Array.from({ length: 8 }, (_, at) => `r${at}`);
  for (const message of ['sale', 'other']) {
    await store.recordSends(
      message,
      recipients.map((recipient) => ({ recipient, atMs: sentMs })),
    );
  }
  await store.recordLinks('sale', [{ index: 0, destination: 'https://shop.example/', name: 'Shop' }]);
  await store.describeMessage('sale', { cost: '20.00', currency: 'EUR' });
  const clicked = (message: string, recipient: string, hours: number) =>
    makeHit({ message, recipient, link: makeLink(), atMs: startMs + hours * HOUR });
  await settleHits(store, [clicked('other', 'r0', 0), clicked('sale', 'r0', 1), clicked('sale', 'r1', 1)]);
  const sold = (order: string, minor: number | null, of: Partial<Conversion> = {}): Conversion => ({
    ...{ order, atMs: startMs + 3 * HOUR, proof: 'posted', test: false, recipient: 'r0', message: null },
    click: { message: 'sale', link: 0, atMs: startMs + HOUR },
    money: minor === null ? null : { currency: 'EUR', minor },
    refunded: null,
    ...of,
  });
  await store.recordConversions([
    sold('1', 4_990),
    sold('2', 1_000, { recipient: 'r1', money: { currency: 'JPY', minor: 1_500 } }),
    sold('3', null, { recipient: null }),
    sold('4', 9_900, { proof: 'pixel', recipient: 'r1', atMs: startMs + 72 * HOUR }),
  ]);
  return opened;
}

describe('the conversions of a report', () => {
  it('are counted with their value by currency, what nobody vouches for apart', async () => {
    const { store } = await soldStore();
    expect((await buildReport(store, { message: 'sale' })).conversions).toEqual({
      count: 3,
      value: [
        { currency: 'EUR', amount: '49.90' },
        { currency: 'JPY', amount: '1500' },
      ],
      attribution: 'last',
      unverified: { count: 1, value: [{ currency: 'EUR', amount: '99.00' }] },
      rates: { sent: 3 / 8, clickers: 3 / 2 },
      perMail: [
        { currency: 'EUR', amount: '6.2375' },
        { currency: 'JPY', amount: '187.50' },
      ],
      returnOnSpend: 2.495,
      links: [
        {
          ...{ index: 0, name: 'Shop', count: 3 },
          value: [
            { currency: 'EUR', amount: '49.90' },
            { currency: 'JPY', amount: '1500' },
          ],
          unverified: { count: 1, value: [{ currency: 'EUR', amount: '99.00' }] },
        },
      ],
    });
  });

  it('are attributed as is asked for', async () => {
    const { store } = await soldStore();
    const of = async (message: string, attribution: 'first' | 'linear') =>
      (await buildReport(store, { message, attribution })).conversions;
    expect(await of('other', 'first')).toMatchObject({ count: 1, value: [{ amount: '49.90' }], attribution: 'first' });
    expect(await of('other', 'linear')).toMatchObject({ count: 0.5, value: [{ amount: '24.95' }] });
    expect((await buildReport(store, { message: 'other' })).conversions).toEqual({ count: 0, value: [] });
  });

  it('stand in the timeline, days after the last hit', async () => {
    const { store } = await soldStore();
    const timeline = await buildTimeline(store, { message: 'sale' });
    const sold = timeline.points.filter(
      ({ conversions }) => (conversions?.count ?? 0) + (conversions?.unverified.count ?? 0) > 0,
    );
    expect(sold.map(({ start, conversions }) => [start, conversions?.count, conversions?.unverified.count])).toEqual(
      [
        ['2026-01-01T03:00:00.000+00:00', 3, 0],
        ['2026-01-04T00:00:00.000+00:00', 0, 1],
      ].map(([start, ...rest]) => [expect.stringContaining(String(start).slice(0, 13)), ...rest]),
    );
    const rows: readonly Readonly<Record<string, string>>[] = parse(toCsv(timelineRows(timeline)), { columns: true });
    expect(rows.filter((row) => row['conversions.count'] !== '0')[0]).toMatchObject({
      'conversions.count': '3',
      'conversions.value': '49.90 EUR, 1500 JPY',
    });
    const other = await buildTimeline(store, { message: 'other' });
    expect(other.points.every((point) => !('conversions' in point))).toBe(true);
  });

  it('are the same in CSV, on the page, and at the terminal', async () => {
    const { store, path, directory } = await soldStore();
    const report = await buildReport(store, { message: 'sale' });
    const timeline = await buildTimeline(store, { message: 'sale' });
    const rows: readonly (readonly string[])[] = parse(toCsv(reportRows(report)));
    const csv = new Map(rows.map(([figure = '', value = '']) => [figure, value]));
    expect(csv.get('conversions.value.0.amount')).toBe('49.90');
    expect(csv.get('conversions.links.0.unverified.value.0.amount')).toBe('99.00');
    const $ = load(reportFile({ report, timeline }));
    const shown = $('data[data-figure^="conversions."], data[data-figure^="cost."]').toArray();
    expect(shown.length).toBeGreaterThan(7);
    for (const element of shown) {
      const name = $(element).attr('data-figure') ?? '';
      expect([name, $(element).attr('value')]).toEqual([name, csv.get(name)]);
    }
    expect($('#sales').parent().text()).toContain('49.90 EUR, 1500 JPY');
    const where = ['report', 'sale', '--database', `sqlite:${path}`];
    const { stdout } = await run(where, { cwd: directory });
    expect(stdout).toContain('conversions, last click\t3\t49.90 EUR, 1500 JPY');
    expect(stdout).toContain('return on spend\t2.495');
    expect(stdout).toMatch(/^0\t3\t49\.90 EUR, 1500 JPY\t1\t99\.00 EUR\tShop$/m);
    const { text } = await draw(where, { cwd: directory, columns: 100 });
    expect(text).toContain('conversions, last click  49.90 EUR, 1500 JPY');
    expect(text).toContain('revenue per mail  6.2375 EUR, 187.50 JPY');
    const first = await run([...where, '--json', '--attribution', 'first'], { cwd: directory });
    expect(JSON.parse(first.stdout).conversions.attribution).toBe('first');
  });

  it('are compared, currency by currency', async () => {
    const { store, path, directory } = await soldStore();
    const comparison = await compareMessages(store, { a: 'sale', b: 'other' });
    const rows = new Map(comparisonRows(comparison).rows.map(({ figure, a, b }) => [figure, [a, b]]));
    expect(rows.get('conversions.count')).toEqual([3, 0]);
    expect(rows.get('conversions.value.EUR')).toEqual(['49.90', null]);
    expect(rows.get('conversions.value.JPY')).toEqual(['1500', null]);
    expect(rows.get('cost.EUR')).toEqual(['20.00', null]);
    expect(rows.get('conversions.returnOnSpend')).toEqual([2.495, null]);
    const page = comparePage({ csrf: '', a: 'sale', b: 'other', comparison, problem: '' });
    expect(load(page)('[data-figure="a.conversions.value.EUR"]').attr('value')).toBe('49.90');
    const { stdout } = await run(['compare', 'sale', 'other', '--database', `sqlite:${join(path)}`], {
      cwd: directory,
    });
    expect(stdout).toContain('conversions, last click\t3 49.90 EUR, 1500 JPY\t');
  });
});
