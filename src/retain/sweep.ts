// Removes what deleted messages leave behind, step by step. Whoever is killed between two steps has lost nothing: the next
// run of retention goes on.
import { rest } from './retain.ts';

/** What deleting messages needs of a store. */
export interface SweepStore {
  /** Takes a message out of every list and report; false when there is none. Its rows are left to {@link sweepStep}. */
  deleteMessage(id: string): Promise<boolean>;
  /** Removes some rows of deleted messages, as many as one step may; whether there may be more. */
  sweepStep(): Promise<boolean>;
}

/** Runs to the end, resting after each step for as long as it took. */
export async function sweep(store: Pick<SweepStore, 'sweepStep'>): Promise<void> {
  for (;;) {
    const startedMs = performance.now();
    if (!(await store.sweepStep())) return;
    await rest(performance.now() - startedMs, undefined);
  }
}
