import { describe, expect, it } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { compareMessages, compareReports, comparisonRows } from '../../src/report/compare-messages.ts';
import { playMailing } from '../support/mailing.ts';
import { openTestStore } from '../support/stores.ts';

const PLAN = { recipients: 2_000, masked: 200, opensEvery: 3, clicksEvery: 12 };

describe('two messages', () => {
  it('differ by their estimates and human click rates, with intervals that hold a difference that is large', async () => {
    const { store } = await openTestStore();
    await playMailing(store, 'a', PLAN);
    await playMailing(store, 'b', { ...PLAN, opensEvery: 12, clicksEvery: 24 });
    const { a, b, difference, warnings } = await compareMessages(store, { a: 'a', b: 'b' });
    expect([a.id, a.sent, b.id]).toEqual(['a', 2_000, 'b']);
    const [openA, openB] = [a.rates.open.estimated.value, b.rates.open.estimated.value].map(Number);
    expect(difference.open.value).toBeCloseTo(Number(openA) - Number(openB), 12);
    for (const { low, value, high, level } of [difference.open, difference.click]) {
      expect(Number(low)).toBeGreaterThan(0);
      expect(Number(low)).toBeLessThan(Number(value));
      expect(Number(high)).toBeGreaterThan(Number(value));
      expect(level).toBe(0.9);
    }
    expect(difference.click.value).toBeCloseTo(167 / 2_000 - 84 / 2_000, 12);
    expect(warnings).toEqual([]);
  });

  it('are no different from themselves', async () => {
    const { store } = await openTestStore();
    await playMailing(store, 'a', PLAN);
    const report = await buildReport(store, { message: 'a' });
    const { open } = compareReports(report, report).difference;
    expect([open.value, Number(open.low) < 0, Number(open.high) > 0]).toEqual([0, true, true]);
  });

  it('come with a warning when machines hide over 30 % of the recipients of one, or one has no estimate', async () => {
    const { store } = await openTestStore();
    await playMailing(store, 'few', { ...PLAN, recipients: 20, masked: 0 });
    await playMailing(store, 'hidden', { ...PLAN, masked: 620 });
    const { difference, warnings } = await compareMessages(store, { a: 'hidden', b: 'few' });
    expect(warnings.map(({ code }) => code)).toEqual(['mostly-masked', 'not-estimated']);
    expect(difference.open).toMatchObject({ value: null, low: null, high: null });
    expect(difference.click.value).not.toBeNull();
  });

  it('are rows in CSV: one a figure', async () => {
    const { store } = await openTestStore();
    await playMailing(store, 'a', PLAN);
    const compared = await compareMessages(store, { a: 'a', b: 'a' });
    const { columns, rows } = comparisonRows(compared);
    expect(columns).toEqual(['figure', 'a', 'b', 'difference', 'low', 'high']);
    const row = rows.find(({ figure }) => figure === 'rates.open.estimated.value');
    expect(row).toMatchObject({ a: compared.a.rates.open.estimated.value, difference: 0 });
  });

  it('must both be known', async () => {
    const { store } = await openTestStore();
    await playMailing(store, 'a', { ...PLAN, recipients: 5 });
    await expect(compareMessages(store, { a: 'a', b: 'none' })).rejects.toMatchObject({ code: 'UNKNOWN_MESSAGE' });
  });
});
