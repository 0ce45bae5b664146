// How long a mail server that cannot be reached is waited for.
import { smtpPatienceMs, smtpPauseMs, smtpPauseMsMax } from '../base/limits.ts';

export interface Patience {
  /** Nothing is sent before. */
  untilMs(): number;
  /** The server could be reached. */
  reset(): void;
  /** Until when nothing is sent; nothing when it was waited for long enough. */
  fail(atMs: number): number | undefined;
}

export function makePatience(): Patience {
  let sinceMs: number | undefined;
  let pauseMs = smtpPauseMs;
  let untilMs = 0;
  return {
    untilMs: () => untilMs,
    reset(): void {
      sinceMs = undefined;
      pauseMs = smtpPauseMs;
    },
    fail(atMs: number): number | undefined {
      sinceMs ??= atMs;
      if (atMs - sinceMs > smtpPatienceMs) return undefined;
      // All that failed at once failed for one reason.
      if (untilMs > atMs) return untilMs;
      untilMs = atMs + pauseMs;
      pauseMs = Math.min(pauseMs * 2, smtpPauseMsMax);
      return untilMs;
    },
  };
}
