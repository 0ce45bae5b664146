// Chance that can be repeated: a seeded generator, and numbers of a few distributions made of it.

/** A number from 0 to 1, 1 excluded. */
export type Chance = () => number;

/** Mulberry32 (T. Ettinger, public domain): 32 bits of state; the same seed gives the same numbers. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Normal, mean 0 and variance 1 (Box and Muller, 1958). */
export function drawNormal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

/** Gamma of a shape above 0, scale 1 (Marsaglia and Tsang, 2000). */
export function drawGamma(shape: number, chance: Chance): number {
  return Math.exp(drawLogGamma(shape, chance));
}

/** Its logarithm: of a small shape most draws are too close to 0 for a number to hold them. */
function drawLogGamma(shape: number, chance: Chance): number {
  if (shape < 1) return drawLogGamma(shape + 1, chance) + Math.log(1 - chance()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = drawNormal(chance);
    const cube = (1 + c * normal) ** 3;
    if (cube <= 0) continue;
    if (Math.log(1 - chance()) < 0.5 * normal * normal + d * (1 - cube + Math.log(cube))) return Math.log(d * cube);
  }
}

/** Beta of two shapes above 0. */
export function drawBeta(a: number, b: number, chance: Chance): number {
  return 1 / (1 + 1 / drawBetaOdds(a, b, chance));
}

/** Odds of a share that is beta of two shapes above 0: never infinite, where the share can be 1 to a number’s precision. */
export function drawBetaOdds(a: number, b: number, chance: Chance): number {
  const logOdds = drawLogGamma(a, chance) - drawLogGamma(b, chance);
  return Math.exp(Math.min(LOG_ODDS_MAX, logOdds));
}

/** Its exponential is still a number when it is multiplied by a few. */
const LOG_ODDS_MAX = 700;

/** How many of `n` come true, each by `p`: halves `n` by its median until it is small (Devroye, 1986, section X.4). */
export function drawBinomial(n: number, p: number, chance: Chance): number {
  let [left, share, count] = [n, p, 0];
  while (left > 16) {
    const middle = 1 + Math.floor(left / 2);
    const at = drawBeta(middle, left + 1 - middle, chance);
    if (at <= share) {
      count += middle;
      left -= middle;
      share = (share - at) / (1 - at);
    } else {
      left = middle - 1;
      share /= at;
    }
  }
  for (; left > 0; left -= 1) if (chance() < share) count += 1;
  return count;
}
