// Keeps the journals of a data directory free of erased recipients: soon after each erasure, whoever made it, and once
// after the start, for those that were away. Journals that are open are asked; others are opened for it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { eraseJournalsMs, eraseRetryMs, eraseRetryMsMax } from '../base/limits.ts';
import { type Journal, openJournal } from '../journal/open-journal.ts';
import type { Store } from '../store/open-store.ts';
import { eraseFromJournal } from './erase-journals.ts';
import { JOURNAL_NAME } from './settle-leftovers.ts';

export interface Eraser {
  /** Has a journal that is open cleaned, now and after each erasure; returns what ends that. */
  watch(journal: Pick<Journal, 'path' | 'erase'>): () => void;
  /** Told that somebody was erased. */
  wake(): void;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

export interface EraserOptions {
  readonly store: Pick<Store, 'erasuresAfter'>;
  readonly directory: string;
  /** Names of journals that others open. */
  readonly inUse: readonly string[];
  /** Told when a journal could not be cleaned. */
  readonly onProblem: (error: unknown) => void;
}

/** Starts it. */
export function startEraser({ store, directory, inUse, onProblem }: EraserOptions): Eraser {
  const watched = new Map<string, Pick<Journal, 'path' | 'erase'>>();
  let hasStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let retryMs = eraseRetryMs;
  /** As far as all journals of the directory are clean. */
  let cleanThrough = 0;

  function runIn(ms: number): void {
    clearTimeout(timer);
    if (hasStopped) return;
    timer = setTimeout(() => {
      running = running.then(run);
    }, ms);
    timer.unref();
  }

  async function run(): Promise<void> {
    try {
      const isDone = hasStopped || (await cleanAll());
      if (isDone) {
        retryMs = eraseRetryMs;
        return;
      }
    } catch (error) {
      onProblem(error);
    }
    runIn(retryMs);
    retryMs = Math.min(retryMs * 2, eraseRetryMsMax);
  }

  /** Whether all are clean. */
  async function cleanAll(): Promise<boolean> {
    let isDone = true;
    const { tombstones, through } = await store.erasuresAfter(cleanThrough);
    for (const journal of watched.values()) isDone = (await eraseFromJournal(journal, store)).isDone && isDone;
    if (tombstones.length === 0) return isDone;
    for (const path of closedJournals()) {
      const journal = await openJournal(path);
      try {
        isDone = (await eraseFromJournal(journal, store)).isDone && isDone;
      } finally {
        await journal.close();
      }
    }
    if (isDone) cleanThrough = through;
    return isDone;
  }

  function closedJournals(): readonly string[] {
    const names = readdirSync(directory).filter((name) => JOURNAL_NAME.test(name) && !inUse.includes(name));
    return names.map((name) => join(directory, name)).filter((path) => !watched.has(path));
  }

  runIn(eraseJournalsMs);
  return {
    watch(journal) {
      watched.set(journal.path, journal);
      runIn(eraseJournalsMs);
      return () => void watched.delete(journal.path);
    },
    wake: () => runIn(eraseJournalsMs),
    async stop() {
      hasStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
