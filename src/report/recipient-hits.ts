// What one recipient did with one message, as lists show it.
import { LABELS, type Label, PEOPLE } from '../base/nouns.ts';
import { isoTime } from './iso-time.ts';
import type { HitStates } from './report-source.ts';

export interface RecipientHits {
  readonly total: number;
  /** Of those, judged `human` or `proxy-human`. */
  readonly people: number;
  readonly byLabel: Readonly<Record<Label, number>>;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
}

export function recipientHits({ byLabel, firstAtMs, lastAtMs }: HitStates): RecipientHits {
  const sum = (labels: readonly Label[]) => labels.reduce((total, label) => total + byLabel[label], 0);
  return {
    total: sum(LABELS),
    people: sum(LABELS.filter((label) => PEOPLE.has(label))),
    byLabel,
    firstAt: isoTime(firstAtMs),
    lastAt: isoTime(lastAtMs),
  };
}
