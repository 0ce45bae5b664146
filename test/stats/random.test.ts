import { describe, expect, it } from 'vitest';
import { drawBeta, drawBetaOdds, drawBinomial, drawGamma, drawNormal, seededChance } from '../../src/stats/random.ts';

const DRAWS = 40_000;

function momentsOf(draw: () => number) {
  const values = Array.from({ length: DRAWS }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS;
  return { mean, variance };
}

describe('seeded chance', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const first = (seed: number) => Array.from({ length: 5 }, seededChance(seed));
    expect(first(7)).toEqual(first(7));
    expect(first(7)).not.toEqual(first(8));
  });

  it('gives Mulberry32’s own first numbers', () => {
    const chance = seededChance(1);
    expect([chance(), chance()].map((value) => Math.round(value * 2 ** 32))).toEqual([2_693_262_067, 11_749_833]);
  });
});

describe('draws', () => {
  const chance = seededChance(11);
  it.each([
    ['normal', () => drawNormal(chance), 0, 1],
    ['gamma of 3', () => drawGamma(3, chance), 3, 3],
    ['gamma of 0.5', () => drawGamma(0.5, chance), 0.5, 0.5],
    ['beta of 2 and 5', () => drawBeta(2, 5, chance), 2 / 7, 10 / (49 * 8)],
    ['12 tries of 0.3', () => drawBinomial(12, 0.3, chance), 3.6, 2.52],
    ['1,000 tries of 0.04', () => drawBinomial(1_000, 0.04, chance), 40, 38.4],
  ])('have the mean and the variance of the distribution: %s', (_, draw, mean, variance) => {
    const drawn = momentsOf(draw);
    // Five standard errors of a mean, ten of a variance whose tails are not much heavier than a normal one's.
    expect(Math.abs(drawn.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / DRAWS));
    expect(Math.abs(drawn.variance - variance)).toBeLessThan(10 * variance * Math.sqrt(2 / DRAWS));
  });

  it.each([
    [1e-5, 1e-5, 0.5],
    [0.02, 1e-4, 1],
    [1e-4, 0.02, 0],
  ])('of odds are numbers, however sure a share is: beta of %d and %d', (a, b, mostly) => {
    const drawn = Array.from({ length: 2_000 }, () => drawBetaOdds(a, b, chance));
    expect(drawn.filter((odds) => !Number.isFinite(odds) || odds < 0)).toEqual([]);
    const large = drawn.filter((odds) => odds > 1).length / drawn.length;
    expect(Math.abs(large - mostly)).toBeLessThan(0.05);
  });

  it('of a binomial are never outside what is possible', () => {
    for (const share of [0, 0.5, 1]) {
      const drawn = drawBinomial(500, share, chance);
      expect(drawn).toBeGreaterThanOrEqual(share === 1 ? 500 : 0);
      expect(drawn).toBeLessThanOrEqual(share === 0 ? 0 : 500);
    }
  });
});
