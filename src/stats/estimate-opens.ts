// How many recipients really read a message: of those that can be seen reading, the pixel's openers by what the pixel
// misses of human clickers (capture and recapture, Chapman 1951); of those masked by a machine, by their human clicks
// (docs/estimate.md). Few clicks are helped by the sender's earlier mailings. Intervals are quantiles of seeded draws.
import { type Audience, type Strata, seenIn, sumStrata } from './audience.ts';
import { type BetaPrior, betaOf, betaOfLogOdds, ratioPrior, VISIBLE_PRIOR, visiblePrior } from './prior.ts';
import { type Chance, drawBetaOdds } from './random.ts';

/** Level of the interval from `low` to `high`. */
export const ESTIMATE_LEVEL = 0.9;

/** A share of recipients, with what it rests on. */
export interface OpenEstimate {
  readonly kind: 'estimate';
  readonly method: 'first-mailing' | 'sender-history';
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Interval when what cannot be known is against us, and why it would be. */
  readonly band: { readonly low: number; readonly high: number; readonly assumption: string };
}

/** Why there is no estimate. */
export interface NoEstimate {
  readonly kind: 'none';
  readonly reason: 'too-few-measurable' | 'too-few-clickers';
}

/** Measurable recipients, and human clickers with those of the sender's history, below which nothing is estimated. */
const measurableMin = 30;
const clickersMin = 5;

/** Clickers whose pixel was seen, with those of history, from which on a stratum is estimated by itself. */
const STRATUM_BOTH_MIN = 50;

/** Draws: the ends of the interval then wander by a fiftieth of its width. */
const DRAWS = 1_000;

/**
 * What the band allows for: readers whose pixel is seen click so many times as often, or as seldom, as other measurable
 * ones, and as masked ones; and masked people read otherwise than history says, by a variance of the logarithm.
 */
const DOUBT = {
  'sender-history': { seen: 1.1, masked: 1.2, ratio: 0.15 },
  'first-mailing': { seen: 1.2, masked: 1.3, ratio: 0.15 },
} as const;

/**
 * Estimates the share of recipients who read.
 *
 * @param strata the recipients of the message, apart where they may differ
 * @param history earlier mailings of the sender
 * @param chance the same chance gives the same figures
 */
export function estimateOpens(strata: Strata, history: readonly Strata[], chance: Chance): OpenEstimate | NoEstimate {
  const { measurable, masked } = sumStrata(strata);
  if (measurable.recipients < measurableMin) return { kind: 'none', reason: 'too-few-measurable' };
  const before = history.map((mailing) => sumStrata(mailing));
  const isFirst = visiblePrior(before, sumStrata(strata)) === VISIBLE_PRIOR;
  if (isFirst && measurable.clickers + masked.clickers < clickersMin)
    return { kind: 'none', reason: 'too-few-clickers' };
  const method = isFirst ? 'first-mailing' : 'sender-history';
  const doubt = DOUBT[method];
  const models = groupsOf(strata, history).map((names) =>
    modelOf(
      sumStrata(strata, names),
      history.map((mailing) => sumStrata(mailing, names)),
      doubt.ratio,
    ),
  );
  const draws = Array.from({ length: DRAWS }, () => {
    const total = { low: 0, value: 0, high: 0 };
    for (const model of models) {
      const { audience } = model;
      const visible = drawOdds(model.visible, chance);
      const loose = drawOdds(model.maskedLoosely, chance);
      total.low += readers(audience, visible * doubt.seen, loose / doubt.masked);
      total.value += readers(audience, visible, drawOdds(model.masked, chance));
      total.high += readers(audience, visible / doubt.seen, loose * doubt.masked);
    }
    return total;
  });
  const recipients = measurable.recipients + masked.recipients;
  const sorted = (of: 'low' | 'value' | 'high') => draws.map((draw) => draw[of] / recipients).sort((a, b) => a - b);
  const values = sorted('value');
  const [low, value, high] = [quantile(values, TAIL), quantile(values, 0.5), quantile(values, 1 - TAIL)];
  return {
    kind: 'estimate',
    method,
    value,
    low,
    high,
    band: {
      low: Math.min(low, quantile(sorted('low'), TAIL)),
      high: Math.max(high, quantile(sorted('high'), 1 - TAIL)),
      assumption: assumptionOf(doubt),
    },
  };
}

function assumptionOf({ seen, masked }: { readonly seen: number; readonly masked: number }): string {
  const percent = (factor: number) => `${Math.round((factor - 1) * 100)} %`;
  return (
    `Readers whose pixel is seen click up to ${percent(seen)} more or less often than other measurable readers, ` +
    `and up to ${percent(masked)} more or less often than masked ones; masked people may read otherwise than usual.`
  );
}

const TAIL = (1 - ESTIMATE_LEVEL) / 2;

/** Strata that say enough by themselves, and the others as one. */
function groupsOf(strata: Strata, history: readonly Strata[]): readonly (readonly string[])[] {
  const bothIn = (names: readonly string[]) =>
    [strata, ...history].reduce((sum, mailing) => sum + sumStrata(mailing, names).measurable.both, 0);
  const names = [...strata.keys()].sort((a, b) => bothIn([b]) - bothIn([a]) || (a < b ? -1 : 1));
  const isLarge = (name: string) => bothIn([name]) >= STRATUM_BOTH_MIN;
  const large = names.filter(isLarge).map((name) => [name]);
  const small = names.filter((name) => !isLarge(name));
  if (small.length === 0) return large;
  // Too few to stand alone even together: with the least of the others.
  const least = bothIn(small) < STRATUM_BOTH_MIN ? (large.pop() ?? []) : [];
  return [...large, [...least, ...small]];
}

/** What is believed of one stratum once its clicks are counted. */
interface Model {
  readonly audience: Audience;
  /** The share of its measurable readers whose pixel was seen. */
  readonly visible: BetaPrior;
  /** The share of its readers who are masked. */
  readonly masked: BetaPrior;
  /** The same if masked people may read otherwise than they did. */
  readonly maskedLoosely: BetaPrior;
}

function modelOf(audience: Audience, history: readonly Audience[], doubt: number): Model {
  const visible = visiblePrior(history, audience);
  const ratio = ratioPrior(history, audience);
  const { measurable, masked } = audience;
  // Clickers are drawn from readers without putting back, so that many of them know more than their number says.
  const clickRate = (measurable.both + 0.5) / (measurable.openers + 1);
  const worth = 1 / (1 - Math.min(0.9, clickRate));
  const mean = visible.a / (visible.a + visible.b);
  const read = Math.max(1, measurable.openers / mean);
  const unread = Math.max(0, 1 - read / Math.max(1, measurable.recipients));
  // Of a known rate, the share that came true still varies with the number of readers.
  const realised =
    visible === VISIBLE_PRIOR ? visible : betaOf(mean, betaVariance(visible) + (mean * (1 - mean)) / read);
  const clickers = { visible: measurable.clickers * worth, masked: masked.clickers * worth };
  // A stratum may have none of either; what is drawn for it then is bounded by that.
  const fraction = (masked.recipients + 0.5) / (measurable.recipients + 0.5);
  const maskedBy = (variance: number) => {
    const odds = betaOfLogOdds({
      mean: ratio.mean + Math.log(fraction),
      variance: ratio.variance + variance + (unread / read) * (1 + 1 / fraction),
    });
    return { a: odds.a + clickers.masked, b: odds.b + clickers.visible };
  };
  return {
    audience,
    visible: {
      a: realised.a + measurable.both * worth,
      b: realised.b + clickers.visible - measurable.both * worth,
    },
    masked: maskedBy(0),
    maskedLoosely: maskedBy(doubt),
  };
}

function betaVariance({ a, b }: BetaPrior): number {
  return (a * b) / ((a + b) ** 2 * (a + b + 1));
}

function drawOdds({ a, b }: BetaPrior, chance: Chance): number {
  return drawBetaOdds(a, b, chance);
}

/** Readers of a stratum by the odds that a measurable one is seen, and those that a reader is masked. */
function readers({ measurable, masked }: Audience, visibleOdds: number, maskedOdds: number): number {
  const visible = 1 / (1 + 1 / visibleOdds);
  const open = between((measurable.openers + 1) / visible - 1, seenIn(measurable), measurable.recipients);
  if (masked.recipients === 0) return open;
  return open + between(open * maskedOdds, seenIn(masked), masked.recipients);
}

function between(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** The value below which this share of sorted values lies. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
