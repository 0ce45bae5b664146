// How long something is kept: so many days, so many calendar months, or for good.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { keptDaysMax } from '../base/limits.ts';
import type { UserAgentPolicy } from './user-agents.ts';

export type Age = { readonly unit: 'days' | 'months'; readonly count: number } | 'never';

/** How long each class of data is kept; whatever else there is stays until its message is deleted. */
export interface RetentionPolicy {
  /** What is needed only to judge a hit anew: user agent, method, kind of network. `never`: never removed. */
  readonly signals: Age;
  /** Events: who opened or clicked what, when, and what it was judged to be. `never`: never removed. */
  readonly events: Age;
  /** What is kept of user agents once verdicts are final. @default full */
  readonly userAgents?: UserAgentPolicy | undefined;
}

export const DEFAULT_RETENTION: RetentionPolicy = {
  signals: { unit: 'days', count: 30 },
  events: { unit: 'months', count: 13 },
};

const DAY_MS = 86_400_000;
const MONTHS_MAX = 1_200;

/**
 * Reads an age: `30d`, `13m` or `never`. `name` names the setting in the sentence.
 *
 * @throws TelltaleError `INVALID_OPTION`; for 0, too: some would mean by it that nothing is kept, others that all is.
 */
export function readAge(text: string, name: string): Age {
  if (text === 'never') return 'never';
  const [, digits = '', letter] = /^(\d{1,5})([dm])$/.exec(text) ?? [];
  const unit = letter === 'm' ? 'months' : 'days';
  const count = Number(digits);
  if (count > 0 && count <= (unit === 'months' ? MONTHS_MAX : keptDaysMax)) return { unit, count };
  throw new TelltaleError(
    'INVALID_OPTION',
    `${name} takes an age in days or months, from 1d to ${keptDaysMax}d or 1m to ${MONTHS_MAX}m, or never, but ${quote(text)} came. "never" removes nothing; the shortest is 1d.`,
  );
}

/** Before which time something is older than that; null for what is kept for good. */
export function cutoffOf(age: Age, nowMs: number): number | null {
  if (age === 'never') return null;
  if (age.unit === 'days') return nowMs - age.count * DAY_MS;
  const then = new Date(nowMs);
  const day = then.getUTCDate();
  then.setUTCDate(1);
  then.setUTCMonth(then.getUTCMonth() - age.count);
  // The 31st of a month without one is its last day, not the next month's first: nothing may go early.
  const lastDay = new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + 1, 0)).getUTCDate();
  then.setUTCDate(Math.min(day, lastDay));
  return then.getTime();
}
