// The difference of two estimated rates with its interval, out of the intervals of both.

/** A rate with its interval. */
export interface RateInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * How much higher `a` is than `b`: the interval has the level of theirs. Recovers each variance from the ends of its
 * interval (MOVER; Zou and Donner, 2008), so that skew stays. Takes the two errors as independent: where both rest on one
 * history of a sender, the interval is a little wide.
 */
export function compareRates(a: RateInterval, b: RateInterval): RateInterval {
  const value = a.value - b.value;
  return {
    value,
    low: value - Math.hypot(a.value - a.low, b.high - b.value),
    high: value + Math.hypot(a.high - a.value, b.value - b.low),
  };
}
