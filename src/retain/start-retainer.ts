// Runs retention in a server: some minutes after its start, then once a day (every quarter hour where user agents are not to
// be kept whole), and sooner after a failure.
import { reduceAgentsEveryMs, retainAgainMs, retainEveryMs, retainStartMs } from '../base/limits.ts';
import type { RetentionPolicy } from './age.ts';
import { wordsOfDoubt } from './judge-clock.ts';
import { addRemoved, NOTHING_REMOVED, type Removed, type RetentionStore, retain } from './retain.ts';

export interface Retainer {
  status(): RetainerStatus;
  /** Runs now, or waits for the run at hand; problems are told like those of other runs. */
  runNow(): Promise<void>;
  /** Runs no more; resolves when the step at hand has ended. */
  stop(): Promise<void>;
}

export interface RetainerStatus {
  /** Since the start. */
  readonly removed: Removed;
  /** When a run last came to its end; null before the first. */
  readonly lastRunMs: number | null;
}

export interface RetainerOptions {
  readonly store: Pick<RetentionStore, 'retainStep'>;
  readonly policy: RetentionPolicy;
  /** Told of failures, and of a clock that is not believed. */
  readonly onProblem: (error: unknown) => void;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** Milliseconds to the first run. @default 5 minutes */
  readonly startMs?: number | undefined;
}

/** Starts the timers. */
export function startRetainer(options: RetainerOptions): Retainer {
  const { store, policy, onProblem, now = Date.now, startMs = retainStartMs } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let removed = NOTHING_REMOVED;
  let lastRunMs: number | null = null;
  let running: Promise<void> | undefined;
  let timer = setTimeout(runNow, startMs);

  function runNow(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function run(): Promise<void> {
    clearTimeout(timer);
    const waitMs = await attempt();
    if (!signal.aborted) timer = setTimeout(runNow, waitMs);
  }

  /** Gives the milliseconds until the next. */
  async function attempt(): Promise<number> {
    try {
      const onStep = (step: Removed) => {
        removed = addRemoved(removed, step);
      };
      const doubt = await retain({ store, policy, now, onStep, signal });
      if (doubt !== undefined) onProblem(new Error(wordsOfDoubt(doubt)));
      else if (!signal.aborted) lastRunMs = now();
      return (policy.userAgents ?? 'full') === 'full' ? retainEveryMs : reduceAgentsEveryMs;
    } catch (error) {
      onProblem(error);
      return retainAgainMs;
    }
  }

  return {
    status: () => ({ removed, lastRunMs }),
    runNow,
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
