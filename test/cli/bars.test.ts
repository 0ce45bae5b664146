import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalBar, scaleFor, sparkline, widthsOf } from '../../src/cli/bars.ts';

describe('parts of a whole', () => {
  it.each([
    [[1, 1], 10, [5, 5]],
    [[0, 3], 9, [0, 9]],
    [[1_000, 1], 10, [9, 1]],
    [[0, 0], 10, [0, 0]],
  ])('%j take %i columns as %j', (values, columns, widths) => {
    expect(widthsOf(values, columns)).toEqual(widths);
  });

  it('take all columns, and each that is there is seen', () => {
    const values = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 6 }).filter((all) => all.some((one) => one > 0));
    fc.assert(
      fc.property(values, fc.integer({ min: 48, max: 100 }), (all, columns) => {
        const widths = widthsOf(all, columns);
        expect(widths.reduce((sum, one) => sum + one, 0)).toBe(columns);
        for (const [at, value] of all.entries()) expect((widths[at] ?? 0) > 0).toBe(value > 0);
      }),
    );
  });
});

it('draws an interval with its value on a scale', () => {
  expect(intervalBar({ value: 0.5, low: 0.3, high: 0.7, max: 1 }, 11)).toBe('───██●██───');
  expect(intervalBar({ value: 0, low: 0, high: 0.1, max: 1 }, 11)).toBe('●█─────────');
  expect(intervalBar({ value: 1.2, low: 1, high: 1.3, max: 1 }, 5)).toBe('────●');
});

it('takes a scale that has room', () => {
  expect([[0.07], [0.42, 0.46], [0.99], []].map(scaleFor)).toEqual([0.1, 0.6, 1, 0.1]);
});

it('draws a block for each value, beside the highest, and nothing for nothing', () => {
  expect(sparkline([0, 1, 4, 8], 10)).toBe(' ▁▄█');
  expect(sparkline([0, 0], 10)).toBe('  ');
  expect(sparkline([], 10)).toBe('');
});

it('sums neighbours where there are more values than columns', () => {
  expect(sparkline([1, 1, 2, 2, 0, 0, 0, 0], 4)).toBe('▄█  ');
});
