// Tells a store how far back what waits in a journal lies that is forwarded, not settled: who settles keeps peers for it.
// The journal is forwarded whether the store hears of it or not.
import { peerLookMs, waitingBelievedMs } from '../base/limits.ts';
import { tellEnd } from './forget-peers.ts';
import type { SettleStore } from './settle-store.ts';

export interface WaitingTeller {
  /** Tells it, if a minute has passed since it was told. */
  tell(earliestMs: number): void;
  /** Tells that nothing will wait any more; resolves also when nobody hears it. */
  end(): Promise<void>;
}

/** Prepares it. */
export function prepareWaiting(
  store: Pick<SettleStore, 'noteWaiting'>,
  journal: string,
  now: () => number,
): WaitingTeller {
  let toldMs = Number.NEGATIVE_INFINITY;
  /** What was told last: what is forwarded by now may be on its way for a while. */
  let lastMs = Number.POSITIVE_INFINITY;
  let telling: Promise<void> | undefined;

  async function note(fromMs: number, nowMs: number): Promise<void> {
    try {
      await store.noteWaiting({
        journals: [journal],
        fromMs: Math.min(fromMs, lastMs),
        nowMs,
        untilMs: nowMs + waitingBelievedMs,
      });
      lastMs = fromMs;
    } catch {
      // Said of the store elsewhere; it is told in a minute, since the thread that forwards may wait for it meanwhile.
    } finally {
      toldMs = nowMs;
      telling = undefined;
    }
  }

  return {
    tell(earliestMs) {
      const nowMs = now();
      if (telling !== undefined || Math.abs(nowMs - toldMs) < peerLookMs) return;
      telling = note(Math.min(nowMs, earliestMs), nowMs);
    },
    async end() {
      await telling;
      await tellEnd(store, journal, now()).catch(() => undefined);
    },
  };
}
