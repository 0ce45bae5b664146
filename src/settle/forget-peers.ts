// Has the store forget peers: one tells of other hits in its window, and of its reader for no longer than that.
import { peerKeptMs, peerLookMs } from '../base/limits.ts';
import type { SettleStore } from './settle-store.ts';

/** Prepares it; `earliestMs` is the time of the earliest hit that waits, unknown as minus infinity. */
export function preparePeers(
  store: Pick<SettleStore, 'forgetPeers'>,
  now: () => number,
): (earliestMs: () => number | Promise<number>) => Promise<void> {
  let forgottenMs = Number.NEGATIVE_INFINITY;
  return async (earliestMs) => {
    const nowMs = now();
    if (Math.abs(nowMs - forgottenMs) < peerLookMs) return;
    const openMs = Math.min(nowMs, await earliestMs());
    if (Number.isFinite(openMs)) while (await store.forgetPeers(openMs - peerKeptMs));
    if (openMs === nowMs) forgottenMs = nowMs;
  };
}

/** The earliest of hits that wait: what was settled in the window before it may still say something of them. */
export function earliestOf(entries: readonly { readonly hit: { readonly atMs: number } | null }[]): number {
  return entries.reduce((least, { hit }) => Math.min(least, hit?.atMs ?? least), Number.POSITIVE_INFINITY);
}
