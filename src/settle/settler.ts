// The settler moves hits from the journal to the store: in order, at least once, each batch one transaction that also
// keeps how far it went. It runs beside the request path and is the only thing that judges hits.
import { settleBatchHits, settleLookMs, waitingBelievedMs } from '../base/limits.ts';
import type { VerdictRule } from '../classify/own-rules.ts';
import { earliestOf, preparePeers, tellEnd } from './forget-peers.ts';
import { runOnCommit } from './run-on-commit.ts';
import { type AsideJournal, setAside, setUnfitAside } from './set-aside.ts';
import { placeAfter, prepareSettling, type SourceEntry } from './settle-entries.ts';
import type { Repeats, SettleStore } from './settle-store.ts';

export type { Repeats, SettleBatch, SettleStore } from './settle-store.ts';

/** What the settler needs of a journal. */
export interface JournalSource extends AsideJournal {
  readonly id: string;
  read(after: number, limit: number): Promise<readonly SourceEntry[]>;
  prune(through: number): Promise<void>;
  onCommit(listener: () => void): () => void;
}

export interface Settler {
  /** Settles all that is in the journal now. */
  settleNow(): Promise<void>;
  /** Settles what is left and stops. No batch begins once `withinMs` have passed (1,500): the rest stays in the journal. */
  stop(withinMs?: number): Promise<void>;
}

export interface SettlerOptions {
  readonly journal: JournalSource;
  readonly store: SettleStore;
  /** Told once when settling begins to fail, or fails otherwise than before, and of entries that were set aside. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two looks without a commit; after one that failed the next is the next try. @default 1000 */
  readonly lookMs?: number;
  /** Marks requests that come again (`makeRepeats`); without, each request counts. @default none */
  readonly repeats?: Repeats | undefined;
  /** The sender's own rules for verdicts. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
  /**
   * The time of the earliest hit that waits in each journal of the store, kept by its settlers: peers are kept for as long
   * as a hit that waits may need them. @default the settler's own
   */
  readonly progress?: Map<string, number> | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

/** Starts settling after each commit of the journal, and with what it already holds. */
export function startSettler(options: SettlerOptions): Settler {
  const { journal, store, onProblem, lookMs = settleLookMs, now = Date.now, progress = new Map() } = options;
  const runner = runOnCommit({ journal, work: prepareWork({ ...options, progress }), lookMs, onProblem });
  return {
    settleNow: runner.runNow,
    async stop(withinMs) {
      await runner.stop(withinMs);
      const isEmpty = progress.get(journal.id) === Number.POSITIVE_INFINITY;
      progress.delete(journal.id);
      // What is left, or may be, is waited for until somebody settles it.
      if (isEmpty) await tellEnd(store, journal.id, now()).catch(() => undefined);
    },
  };
}

/** Settles batch after batch, while it may go on, and empties the journal of what is settled. */
function prepareWork(options: SettlerOptions): (mayGoOn: () => boolean) => Promise<void> {
  const { journal, store, onProblem, now = Date.now, progress = new Map<string, number>() } = options;
  // Until the first look nobody knows how old what waits is.
  progress.set(journal.id, Number.NEGATIVE_INFINITY);
  const settle = prepareSettling(options);
  const journals = () => [...progress.keys()];
  const earliestMs = () => Math.min(...progress.values());
  const forgetPeers = preparePeers({ store, journals, earliestMs, believedMs: waitingBelievedMs, now });
  let prunedThrough = 0;

  async function settleAll(mayGoOn: () => boolean): Promise<void> {
    let through = await store.settledThrough(journal.id);
    let lastSeen = 0;
    for (;;) {
      // The last process may have ended between settling and this.
      if (through > prunedThrough) await journal.prune(through);
      prunedThrough = through;
      if (!mayGoOn()) return;
      const entries = await journal.read(through, settleBatchHits);
      const last = entries.at(-1);
      progress.set(journal.id, earliestOf(entries));
      await forgetPeers();
      if (last === undefined) return;
      const fit = await setUnfitAside(journal, entries, onProblem);
      // One that could not even be taken out is passed over.
      const next = last.seq === lastSeen ? last.seq : placeAfter(through, entries, fit);
      lastSeen = last.seq;
      await settle({ journal: journal.id, after: through, through: next, entries: fit }, ({ seq }, reason) =>
        setAside(journal, [{ seq, reason }], onProblem),
      );
      through = next;
    }
  }

  return async (mayGoOn) => {
    try {
      await settleAll(mayGoOn);
    } catch (error) {
      // What comes from now on is not looked at.
      progress.set(journal.id, Number.NEGATIVE_INFINITY);
      throw error;
    }
  };
}
