// What a sender's earlier mailings say of the next one, before it is looked at: mean and spread by moments.
import type { Audience } from './audience.ts';

/** A belief about a share, worth `a` successes and `b` failures. */
export interface BetaPrior {
  readonly a: number;
  readonly b: number;
}

/** A belief about a number that may take any value. */
export interface NormalPrior {
  readonly mean: number;
  readonly variance: number;
}

/** Without history: most readers' clients load images; worth two clickers that were seen and half a one that was not. */
export const VISIBLE_PRIOR: BetaPrior = { a: 2, b: 0.5 };

/** Without history: masked people read as others do, within a factor of two or so. */
export const RATIO_PRIOR: NormalPrior = { mean: 0, variance: 0.7 };

/** How far mailings of one sender differ until they have shown it, in log odds; worth so many mailings. */
const SPREAD = { visible: 0.18, ratio: 0.15, mailings: 1.5 };

/**
 * The share of measurable readers whose pixel is seen, as earlier mailings' clickers showed it. How far mailings differ
 * is measured with `own` among them, so that a mailing that is unlike the others is not drawn to them.
 */
export function visiblePrior(history: readonly Audience[], own: Audience): BetaPrior {
  const known = history.flatMap(shareOf);
  const whole = sum(known.map((share) => share.whole));
  if (whole < CLICKERS_MIN) return VISIBLE_PRIOR;
  const mean = (sum(known.map((share) => share.part)) + VISIBLE_PRIOR.a) / (whole + VISIBLE_PRIOR.a + VISIBLE_PRIOR.b);
  const binomial = mean * (1 - mean);
  const all = [...known, ...shareOf(own)];
  const weights = all.map((share) => share.whole);
  const squares = sum(all.map((share) => share.whole * (share.part / share.whole - mean) ** 2));
  const between = spreadOf(squares - binomial * (all.length - 1), weights, SPREAD.visible * binomial);
  const ofMean = binomial / whole + between * concentration(known.map((share) => share.whole));
  return betaOf(mean, between + ofMean);
}

function shareOf({ measurable }: Audience): readonly { readonly part: number; readonly whole: number }[] {
  return measurable.clickers === 0 ? [] : [{ part: measurable.both, whole: measurable.clickers }];
}

/** The logarithm of how much more often masked people read than measurable ones, by their clicks. */
export function ratioPrior(history: readonly Audience[], own: Audience): NormalPrior {
  const hasBoth = ({ measurable, masked }: Audience) => measurable.clickers > 0 && masked.clickers > 0;
  const known = history.filter(hasBoth);
  if (sum(known.map(({ masked }) => masked.clickers)) < CLICKERS_MIN) return RATIO_PRIOR;
  const ratios = known.map(logRatio);
  const weights = ratios.map(({ variance }) => 1 / variance);
  const mean = sum(ratios.map((ratio) => ratio.mean / ratio.variance)) / sum(weights);
  const all = [...ratios, ...(hasBoth(own) ? [logRatio(own)] : [])];
  const squares = sum(all.map((ratio) => (ratio.mean - mean) ** 2 / ratio.variance));
  const between = spreadOf(
    squares - (all.length - 1),
    all.map(({ variance }) => 1 / variance),
    SPREAD.ratio,
  );
  return { mean, variance: between + 1 / sum(weights) + between * concentration(weights) };
}

/** Clickers in all of history below which it says nothing. */
const CLICKERS_MIN = 20;

function logRatio({ measurable, masked }: Audience): NormalPrior {
  return {
    mean:
      Math.log((masked.clickers + 0.5) / (measurable.clickers + 0.5)) -
      Math.log(masked.recipients / measurable.recipients),
    variance: 1 / (masked.clickers + 0.5) + 1 / (measurable.clickers + 0.5),
  };
}

/** The variance between mailings by moments (DerSimonian and Laird, 1986), with a little of what is usual mixed in. */
function spreadOf(excess: number, weights: readonly number[], usual: number): number {
  const spare = sum(weights) * (1 - concentration(weights));
  const measured = spare > 0 ? Math.max(0, excess / spare) : 0;
  const freedom = weights.length - 1;
  return (measured * freedom + usual ** 2 * SPREAD.mailings) / (freedom + SPREAD.mailings);
}

/** 1 for a single weight, 1/n for n that are equal. */
function concentration(weights: readonly number[]): number {
  return sum(weights.map((weight) => weight ** 2)) / sum(weights) ** 2;
}

/** The beta distribution of a mean and a variance. */
export function betaOf(mean: number, variance: number): BetaPrior {
  const size = Math.max(1, (mean * (1 - mean)) / variance - 1);
  return { a: mean * size, b: (1 - mean) * size };
}

/** The beta distribution whose log odds have about this mean and variance. */
export function betaOfLogOdds({ mean, variance }: NormalPrior): BetaPrior {
  return { a: (1 + Math.exp(mean)) / variance, b: (1 + Math.exp(-mean)) / variance };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
