// Small numbers for the few words that stand in every row. A word's number is its place in the list and never changes;
// the first two take no room at all in SQLite, so the most frequent come first.
import { type ConsentLevel, HIT_KINDS, type HitKind, type Label, type NetworkKind } from '../base/nouns.ts';

export const KINDS: readonly HitKind[] = HIT_KINDS;

/** A label, all of them, those that mean a person, or test traffic, which is in none of the others. */
export type CountLabel = Label | 'all' | 'people' | 'test';

export const COUNT_LABELS: readonly CountLabel[] = [
  'human',
  'proxy-human',
  'prefetch',
  'scanner',
  'preview',
  'unknown',
  'all',
  'people',
  'test',
];

export const LEVELS: readonly ConsentLevel[] = ['individual', 'aggregate', 'none'];

/** Kinds of network; one that is new comes last. */
export const NETWORKS: readonly NetworkKind[] = [
  ...(['unknown', 'apple-relay', 'google', 'residential', 'mobile', 'corporate', 'datacenter'] as const),
  ...(['google-crawler', 'google-cloud', 'microsoft', 'microsoft-eop', 'yahoo', 'barracuda', 'proofpoint'] as const),
  ...(['mimecast', 'cisco', 'zscaler', 'cdn'] as const),
];

/** What is known of a mail that was handed over; `unknown` when it was complained of, and nothing else was said. */
export const DELIVERY_STATES: readonly ('delivered' | 'bounced' | 'deferred' | 'unknown')[] = [
  ...(['delivered', 'bounced', 'deferred', 'unknown'] as const),
];

/** Stands for no device; the others have their places in `DEVICES`, and one. */
export const NO_DEVICE = 0;

/** The number of a word. */
export function codeOf<Word>(words: readonly Word[], word: Word): number {
  const code = words.indexOf(word);
  if (code < 0) throw new Error(`${String(word)} has no number in the store`);
  return code;
}

/** The word of a number. */
export function wordOf<Word>(words: readonly Word[], code: number): Word {
  const word = words[code];
  if (word === undefined) throw new Error(`no word has the number ${code} in the store`);
  return word;
}
