// How long a mail server that cannot be reached is waited for, and that somebody hears of it meanwhile.
import { smtpAwayToldMs, smtpPatienceMs, smtpPauseMs, smtpPauseMsMax } from '../base/limits.ts';

/** A mail server that cannot be reached. */
export interface ServerAway {
  /** Why, in the system's own words. */
  readonly message: string;
  /** Until when it is tried, in milliseconds since 1970. */
  readonly untilMs: number;
}

export interface Patience {
  /** Nothing is sent before. */
  untilMs(): number;
  /** The server could be reached. */
  reset(): void;
  /** Until when nothing is sent; nothing when it was waited for long enough. */
  fail(atMs: number, message: string): number | undefined;
}

/** `onAway` is told at once, and again each minute. */
export function makePatience(onAway: (away: ServerAway) => void): Patience {
  let sinceMs: number | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  let pauseMs = smtpPauseMs;
  let untilMs = 0;
  return {
    untilMs: () => untilMs,
    reset(): void {
      sinceMs = undefined;
      toldMs = Number.NEGATIVE_INFINITY;
      pauseMs = smtpPauseMs;
    },
    fail(atMs: number, message: string): number | undefined {
      sinceMs ??= atMs;
      if (atMs - sinceMs > smtpPatienceMs) return undefined;
      if (atMs - toldMs >= smtpAwayToldMs) {
        toldMs = atMs;
        onAway({ message, untilMs: sinceMs + smtpPatienceMs });
      }
      // All that failed at once failed for one reason.
      if (untilMs > atMs) return untilMs;
      untilMs = atMs + pauseMs;
      pauseMs = Math.min(pauseMs * 2, smtpPauseMsMax);
      return untilMs;
    },
  };
}
