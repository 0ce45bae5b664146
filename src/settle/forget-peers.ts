// Has the store forget peers: one tells of other hits in its window, and of its reader for no longer than that. Whoever else
// settles into the store may be hours behind, so each tells it how far.
import { peerKeptMs, peerLookMs, peerPauseMs } from '../base/limits.ts';
import type { SettleStore } from './settle-store.ts';

export interface PeersOptions {
  readonly store: Pick<SettleStore, 'forgetPeers'>;
  /** In whose names the store is told. */
  readonly journals: () => readonly string[];
  /** The time of the earliest hit that waits, unknown as minus infinity. */
  readonly earliestMs: () => number | Promise<number>;
  /** Milliseconds for which the others heed what is told. */
  readonly believedMs: number;
  readonly now: () => number;
}

/** Prepares it; the function looks whether there is something to do. */
export function preparePeers({ store, journals, earliestMs, believedMs, now }: PeersOptions): () => Promise<void> {
  let forgottenMs = Number.NEGATIVE_INFINITY;
  let triedMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = now();
    if (Math.abs(nowMs - forgottenMs) < peerLookMs) return;
    const fromMs = Math.min(nowMs, await earliestMs());
    if (!Number.isFinite(fromMs)) return;
    // Behind each batch of a backlog there would be as many turns, each for few.
    if (fromMs < nowMs && Math.abs(nowMs - triedMs) < peerPauseMs) return;
    triedMs = nowMs;
    const waiting = { journals: journals(), fromMs, nowMs, untilMs: nowMs + believedMs };
    while (await store.forgetPeers(fromMs - peerKeptMs, waiting));
    if (fromMs === nowMs) forgottenMs = nowMs;
  };
}

/** Tells that nothing more will wait. */
export async function tellEnd(store: Pick<SettleStore, 'noteWaiting'>, journal: string, nowMs: number): Promise<void> {
  await store.noteWaiting({ journals: [journal], fromMs: null, nowMs, untilMs: nowMs });
}

/** The earliest of hits that wait: what was settled in the window before it may still say something of them. */
export function earliestOf(entries: readonly { readonly hit: { readonly atMs: number } | null }[]): number {
  return entries.reduce((least, { hit }) => Math.min(least, hit?.atMs ?? least), Number.POSITIVE_INFINITY);
}
