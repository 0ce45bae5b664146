import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRates } from '../../src/stats/compare-rates.ts';

describe('the difference of two rates', () => {
  it('is Newcombe’s for two proportions: 56 of 70 and 48 of 80, by their 95 % Wilson intervals', () => {
    // Newcombe (1998), Statistics in Medicine 17:873, table II, example a, method 10: 0.0524 to 0.3339.
    const { value, low, high } = compareRates(
      { value: 56 / 70, low: 0.6917, high: 0.8769 },
      { value: 48 / 80, low: 0.4905, high: 0.7004 },
    );
    expect([value, low, high].map((rate) => rate.toFixed(2))).toEqual(['0.20', '0.05', '0.33']);
  });

  const rate = fc.tuple(fc.nat(1_000), fc.nat(1_000), fc.nat(1_000)).map((parts) => {
    const [low = 0, value = 0, high = 0] = parts.map((part) => part / 1_000).sort((a, b) => a - b);
    return { low, value, high };
  });

  it('turns its sign when the two change places', () => {
    fc.assert(
      fc.property(rate, rate, (a, b) => {
        const [there, back] = [compareRates(a, b), compareRates(b, a)];
        expect(there.low).toBeCloseTo(-back.high, 12);
        expect(there.value).toBeCloseTo(-back.value, 12);
        expect(there.low).toBeLessThanOrEqual(there.value);
        expect(there.high).toBeGreaterThanOrEqual(there.value);
      }),
    );
  });
});
