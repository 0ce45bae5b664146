// Removes what has been kept for long enough, step by step. Each step is a short transaction, so others write between two;
// whoever is killed between two has lost nothing, and the next run goes on where it was.
import { setTimeout as wait } from 'node:timers/promises';
import { retainRestMsMax, retainRestMsMin, wholeAgentsMs } from '../base/limits.ts';
import { cutoffOf, type RetentionPolicy } from './age.ts';
import type { ClockDoubt } from './judge-clock.ts';

/** What retention needs of a store. */
export interface RetentionStore {
  /** Removes some of what is due, at most as many rows as one step may. By a doubtful clock it removes nothing. */
  retainStep(due: Due & { readonly trustClock: boolean }): Promise<RetainedStep>;
  /** Counts what is due, and changes nothing. */
  countDue(due: Due): Promise<DueRows>;
}

/** What is due at a time: hits that came before a time; null where nothing is. */
export interface Due {
  readonly nowMs: number;
  readonly signalsBeforeMs: number | null;
  readonly eventsBeforeMs: number | null;
  /** What raw signals leave behind: the names of client and device, or nothing. @default nothing */
  readonly keepsFamilies?: boolean;
}

/** Rows: events that lost their raw signals, events that are gone, texts that no row refers to any more. */
export interface Removed {
  readonly signals: number;
  readonly events: number;
  readonly texts: number;
}

export interface RetainedStep {
  readonly removed: Removed;
  readonly hasMore: boolean;
  /** Why nothing was removed. */
  readonly doubt: ClockDoubt | undefined;
}

export interface DueRows {
  readonly signals: DueClass;
  readonly events: DueClass;
  readonly texts: number;
  readonly doubt: ClockDoubt | undefined;
}

interface DueClass {
  readonly rows: number;
  /** When the oldest of their hits came; null without any. */
  readonly oldestMs: number | null;
}

export interface RetainOptions {
  readonly store: Pick<RetentionStore, 'retainStep'>;
  readonly policy: RetentionPolicy;
  /** The clock, in milliseconds; asked before each step. */
  readonly now: () => number;
  /** Believes the clock whatever it says. @default false */
  readonly trustClock?: boolean;
  /** Told what each step removed. */
  readonly onStep: (removed: Removed) => void;
  /** Ends the run after the step at hand. @default it runs to its end */
  readonly signal?: AbortSignal;
}

/** Runs retention to its end; gives the doubt that ended it before. */
export async function retain(options: RetainOptions): Promise<ClockDoubt | undefined> {
  const { store, policy, now, trustClock = false, onStep, signal } = options;
  while (signal?.aborted !== true) {
    const startedMs = performance.now();
    const { removed, hasMore, doubt } = await store.retainStep({ ...dueAt(policy, now()), trustClock });
    onStep(removed);
    if (doubt !== undefined || !hasMore) return doubt;
    await rest(performance.now() - startedMs, signal);
  }
  return undefined;
}

/** What a policy makes due at a time. */
export function dueAt({ signals, events, userAgents = 'full' }: RetentionPolicy, nowMs: number): Due {
  const due = { nowMs, signalsBeforeMs: cutoffOf(signals, nowMs), eventsBeforeMs: cutoffOf(events, nowMs) };
  if (userAgents === 'full') return due;
  return { ...due, signalsBeforeMs: nowMs - wholeAgentsMs, keepsFamilies: userAgents === 'family' };
}

export const NOTHING_REMOVED: Removed = { signals: 0, events: 0, texts: 0 };

export function addRemoved(a: Removed, b: Removed): Removed {
  return { signals: a.signals + b.signals, events: a.events + b.events, texts: a.texts + b.texts };
}

/** Lets others write between two steps. */
export async function rest(tookMs: number, signal: AbortSignal | undefined): Promise<void> {
  const ms = Math.min(Math.max(tookMs, retainRestMsMin), retainRestMsMax);
  // Whoever ends the run does not wait for its rest.
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
