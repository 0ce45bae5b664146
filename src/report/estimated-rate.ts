// The open rate as it probably is, with what the figure rests on: the message's audience and those of the messages
// before it, which the store keeps as a few counts.
import { historyMessages } from '../base/limits.ts';
import { type Strata, strataOf, sumStrata } from '../stats/audience.ts';
import { ESTIMATE_LEVEL, estimateOpens } from '../stats/estimate-opens.ts';
import { seededChance } from '../stats/random.ts';
import type { ReportSource } from './report-source.ts';

/** The open rate as it probably is; docs/estimate.md says how it is found. */
export interface EstimatedRate {
  /** Share of the recipients in `sample` who read; null where too little is known. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Level of the interval from `low` to `high`. */
  readonly level: number;
  /** `sender-history` uses the sender's earlier messages, `first-mailing` has none to use. */
  readonly method: 'first-mailing' | 'sender-history' | null;
  /** Measurable recipients. */
  readonly n: number;
  /** Recorded recipients whose opens may be counted one by one, and what people among them did. */
  readonly sample: {
    /** Recipients of whom a pixel can tell that they read, and those hidden by a machine that fetches for them. */
    readonly measurable: number;
    readonly masked: number;
    /** Measurable ones who opened, who clicked, and who did both. */
    readonly openers: number;
    readonly clickers: number;
    readonly both: number;
    /** Masked ones who clicked. */
    readonly maskedClickers: number;
    /** Earlier messages that say what is usual. */
    readonly earlierMessages: number;
  };
  /** Why there is no figure. */
  readonly reason: 'no-sends' | 'too-few-measurable' | 'too-few-clickers' | null;
  /** The interval if `assumption` is as far from true as it says. */
  readonly band: { readonly low: number | null; readonly high: number | null; readonly assumption: string | null };
}

/** The same counts always give the same figures. */
const SEED = 1;

/** Estimates the open rate of a message. */
export async function estimatedRate(source: ReportSource, message: string): Promise<EstimatedRate> {
  const { message: own, earlier } = await source.audiencesOf(message, historyMessages);
  const strata = strataOf(own);
  const estimate = estimateOpens(strata, earlier.map(strataOf), seededChance(SEED));
  const sample = sampleOf(strata, earlier.length);
  const known = { level: ESTIMATE_LEVEL, n: sample.measurable, sample };
  if (estimate.kind === 'estimate') {
    const { value, low, high, method, band } = estimate;
    return { value, low, high, ...known, method, reason: null, band };
  }
  const reason = strata.size === 0 ? 'no-sends' : estimate.reason;
  const nothing = { value: null, low: null, high: null };
  return { ...nothing, ...known, method: null, reason, band: { low: null, high: null, assumption: null } };
}

function sampleOf(strata: Strata, earlierMessages: number): EstimatedRate['sample'] {
  const { measurable, masked } = sumStrata(strata);
  const { openers, clickers, both } = measurable;
  const people = { openers, clickers, both, maskedClickers: masked.clickers };
  return { measurable: measurable.recipients, masked: masked.recipients, ...people, earlierMessages };
}
