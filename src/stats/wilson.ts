// The interval of a share that was counted (Wilson, 1927), at the level of all our intervals.
import type { RateInterval } from './compare-rates.ts';

/** Standard deviations from the middle of a normal distribution to the ends of its inner 90 %. */
const DEVIATIONS = 1.6449;

/** A counted share with its 90 % interval; `whole` is at least 1. */
export function wilson(part: number, whole: number): RateInterval {
  const value = part / whole;
  const square = DEVIATIONS ** 2 / whole;
  const middle = (value + square / 2) / (1 + square);
  const half = (DEVIATIONS * Math.sqrt((value * (1 - value)) / whole + square / (4 * whole))) / (1 + square);
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
