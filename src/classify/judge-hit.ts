// The verdict of one hit by itself: the sender's own rules, then the rules that decide alone, then the sum of what is
// weak. The verdict follows from its reasons, so that one that was kept can be had again without the hit.
import type { Label } from '../base/nouns.ts';
import type { Signals } from './read-signals.ts';
import { isPlainProxy, PLAIN_PROXY, RULES, type Rule } from './rules.ts';
import { isBrowser, WEAK_SIGNALS } from './weak-signals.ts';

/** A verdict before it gets its version. */
export interface Judgement {
  readonly label: Label;
  readonly confidence: number;
  readonly reasons: readonly string[];
}

/** A rule of the sender's, which comes before ours. */
export type OwnRule = Omit<Rule, 'source'>;

/** From this sum on it was a person; from its negative and a little on, a program. */
const PERSON_FROM = 1;
const PROGRAM_FROM = -1.5;

/** Judges a hit by itself. */
export function judgeHit(signals: Signals, ownRules: readonly OwnRule[]): Judgement {
  const own = ownRules.find((rule) => rule.when(signals));
  const rule = own ?? RULES.find((candidate) => candidate.when(signals));
  if (rule !== undefined) {
    const reasons = isPlainProxy(signals) ? [rule.id, PLAIN_PROXY] : [rule.id];
    return { label: rule.label, confidence: rule.certainty, reasons };
  }
  const spoke = WEAK_SIGNALS.filter((signal) => signal.when(signals));
  const sum = spoke.reduce((total, signal) => total + signal.weight, 0);
  const reasons = spoke.map((signal) => signal.id);
  if (!isBrowser(signals)) reasons.push(NO_BROWSER);
  return { ...labelOf(sum, isBrowser(signals)), reasons };
}

/** The reason why a sum that speaks for a person makes none: the agent is none that people read with. */
export const NO_BROWSER = 'no-browser';

/** The label a sum of weights gives. */
export function labelOf(sum: number, mayBePerson: boolean): Omit<Judgement, 'reasons'> {
  const isPerson = sum >= PERSON_FROM && mayBePerson;
  if (!isPerson && sum > PROGRAM_FROM) return { label: 'unknown', confidence: 0.5 };
  return { label: isPerson ? 'human' : 'scanner', confidence: confidenceOf(Math.abs(sum)) };
}

/** 0.6 at the least sum that decides, at most 0.9: no sum is as sure as a fact. */
function confidenceOf(size: number): number {
  return Math.round(Math.min(0.9, 0.5 + size / 10) * 100) / 100;
}
