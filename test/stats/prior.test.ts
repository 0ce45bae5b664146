import { describe, expect, it } from 'vitest';
import type { Audience } from '../../src/stats/audience.ts';
import { betaOf, betaOfLogOdds, RATIO_PRIOR, ratioPrior, VISIBLE_PRIOR, visiblePrior } from '../../src/stats/prior.ts';

function mailing(clickers: number, both: number, maskedClickers = 0): Audience {
  return {
    measurable: { recipients: 10_000, openers: 3_000, clickers, both },
    masked: { recipients: 5_000, openers: 0, clickers: maskedClickers, both: 0 },
  };
}

const NOTHING = mailing(0, 0);

describe('what earlier mailings say', () => {
  it('is nothing without clicks', () => {
    expect(visiblePrior([], NOTHING)).toBe(VISIBLE_PRIOR);
    expect(visiblePrior([mailing(10, 9)], NOTHING)).toBe(VISIBLE_PRIOR);
    expect(ratioPrior([mailing(300, 250)], NOTHING)).toBe(RATIO_PRIOR);
  });

  it('has the mean of all clickers, and is the surer the more alike mailings are', () => {
    const alike = visiblePrior([mailing(400, 320), mailing(400, 322), mailing(400, 318)], NOTHING);
    const unlike = visiblePrior([mailing(400, 240), mailing(400, 320), mailing(400, 400)], NOTHING);
    for (const { a, b } of [alike, unlike]) expect(a / (a + b)).toBeCloseTo(0.8, 2);
    expect(unlike.a + unlike.b).toBeLessThan((alike.a + alike.b) / 4);
  });

  it('compares click rates, not clicks: half as many masked recipients with half the clicks read alike', () => {
    const { mean, variance } = ratioPrior([mailing(400, 320, 200), mailing(400, 320, 200)], NOTHING);
    expect(mean).toBeCloseTo(0, 2);
    expect(variance).toBeLessThan(RATIO_PRIOR.variance / 10);
  });
});

describe('a mailing that is unlike the others', () => {
  const usual = Array.from({ length: 8 }, () => mailing(400, 340));

  it('makes history less sure, one that is like them more', () => {
    const size = ({ a, b }: { readonly a: number; readonly b: number }) => a + b;
    expect(size(visiblePrior(usual, mailing(400, 170)))).toBeLessThan(size(visiblePrior(usual, NOTHING)) / 10);
    expect(size(visiblePrior(usual, mailing(400, 340)))).toBeGreaterThan(size(visiblePrior(usual, NOTHING)));
  });
});

describe('beta distributions', () => {
  it('have the mean and variance they were made of', () => {
    const { a, b } = betaOf(0.3, 0.01);
    expect(a / (a + b)).toBeCloseTo(0.3, 10);
    expect((a * b) / ((a + b) ** 2 * (a + b + 1))).toBeCloseTo(0.01, 10);
  });

  it('of log odds have about their mean and variance: log a/b and 1/a + 1/b', () => {
    const { a, b } = betaOfLogOdds({ mean: 0.7, variance: 0.05 });
    expect(Math.log(a / b)).toBeCloseTo(0.7, 10);
    expect(1 / a + 1 / b).toBeCloseTo(0.05, 10);
  });
});
