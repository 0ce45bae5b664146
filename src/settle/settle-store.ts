// What settling needs of a store, and of a memory of requests that come again.
import type { ConversionHit } from '../base/conversion.ts';
import type { VerdictRule } from '../classify/own-rules.ts';
import type { JudgedHit } from './judge-hits.ts';

/** What the settler needs of a store. */
export interface SettleStore {
  /** How far a journal is settled; 0 for a new one. */
  settledThrough(journal: string): Promise<number>;
  /**
   * Stores hits that are not stored yet, the state derived from them and the new place, in one transaction. A batch
   * that is settled already changes nothing; one that does not begin where the last one ended is refused.
   */
  settle(batch: SettleBatch): Promise<void>;
  /** Keeps how far back what waits in journals lies, for whoever forgets peers. */
  noteWaiting(waiting: Waiting): Promise<void>;
  /**
   * Forgets some peers of hits that came before a time; whether there may be more. With `waiting`, which it keeps, all that
   * others told of theirs is heeded, too.
   */
  forgetPeers(beforeMs: number, waiting?: Waiting): Promise<boolean>;
}

/** What one process tells of what waits with it. */
export interface Waiting {
  /** The ids of its journals, or of itself where it settles a stream. */
  readonly journals: readonly string[];
  /** When the earliest hit of all that wait came, or now when none does; null when no more will come. */
  readonly fromMs: number | null;
  readonly nowMs: number;
  /** Until when others heed that, if nothing else is told: at most a day from now (`waitingBelievedMs`). */
  readonly untilMs: number;
}

export interface SettleBatch {
  readonly journal: string;
  /** The place before the first entry of the batch: how far the journal must be settled for it to fit. */
  readonly after: number;
  /** The place of the last entry of the batch. */
  readonly through: number;
  readonly hits: readonly JudgedHit[];
  /** Conversions that a pixel told. @default none */
  readonly conversions?: readonly ConversionHit[] | undefined;
  /** The sender's own rules, by which they were judged. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
}

/** What the settler needs to know requests that come again. */
export interface Repeats {
  /** The hits, with `repeat` where one came again. Asked once more for hits it counted before, it counts them again. */
  mark(hits: readonly JudgedHit[]): Promise<readonly JudgedHit[]>;
}
