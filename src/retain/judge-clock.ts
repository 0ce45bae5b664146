// Whether a clock may be believed when it says that data is old. A clock that is behind the newest hit, or that leapt
// ahead, is wrong more often than right, and what it would remove early never comes back.
import { clockAheadMs, clockBehindMs, clockStoodMsMax, clockStoodMsMin } from '../base/limits.ts';

/** What is known of the time besides the clock. */
export interface KnownTimes {
  /** When the newest hit came; null without any. */
  readonly newestMs: number | null;
  /** What the clock said when it was last believed; null before the first time. */
  readonly believedMs: number | null;
  /** What the clock said when it was first doubted, since it was last believed. */
  readonly doubtedMs: number | null;
}

/** Why a clock is not believed, and the time by which it is not. */
export interface ClockDoubt {
  readonly kind: 'behind' | 'ahead';
  readonly nowMs: number;
  readonly knownMs: number;
}

/**
 * Judges a clock.
 *
 * It is doubted when it is hours behind the newest hit; or when it is more than two days ahead of when it was last believed
 * (at first, of the newest hit), until it has stood for a day: a server that was off for a month goes on a day later, and a
 * mailing that nobody hits any more ages all the same.
 */
export function judgeClock({ newestMs, believedMs, doubtedMs }: KnownTimes, nowMs: number): ClockDoubt | undefined {
  if (newestMs === null) return undefined;
  if (nowMs < newestMs - clockBehindMs) return { kind: 'behind', nowMs, knownMs: newestMs };
  const knownMs = believedMs ?? newestMs;
  if (nowMs <= knownMs + clockAheadMs || hasStood(doubtedMs, nowMs)) return undefined;
  return { kind: 'ahead', nowMs, knownMs };
}

/** When a clock that is doubted now was first doubted: a doubt that does not lead up to this one is forgotten. */
export function doubtedSince({ doubtedMs }: KnownTimes, doubt: ClockDoubt): number | null {
  if (doubt.kind === 'behind') return null;
  const { nowMs } = doubt;
  return doubtedMs !== null && nowMs >= doubtedMs && nowMs < doubtedMs + clockStoodMsMin ? doubtedMs : nowMs;
}

function hasStood(doubtedMs: number | null, nowMs: number): boolean {
  if (doubtedMs === null) return false;
  return nowMs >= doubtedMs + clockStoodMsMin && nowMs <= doubtedMs + clockStoodMsMax;
}

/** A doubt as a sentence. */
export function wordsOfDoubt({ kind, nowMs, knownMs }: ClockDoubt): string {
  const [now, known] = [new Date(nowMs).toISOString(), new Date(knownMs).toISOString()];
  const what =
    kind === 'behind'
      ? `The clock says ${now}, but the newest hit came at ${known}`
      : `The clock says ${now}, more than two days after ${known}, which is the last time that was sure`;
  return `${what}. Nothing is removed by such a clock${kind === 'ahead' ? ' until it has stood for a day' : ''}. If it is right, run: telltale retain --trust-clock.`;
}
