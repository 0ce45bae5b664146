// The journal: a hit that was answered is on disk. Hits that wait share one commit; a lone hit waits for one fsync, a
// crowd shares it, and no answer waits longer than its deadline.

import type { ConversionHit } from '../base/conversion.ts';
import { writeBody } from '../base/hit-body.ts';
import {
  answerDeadlineMs,
  journalBatchHits,
  journalBytesMax,
  journalGatherMs,
  journalProbeMs,
  journalWaitingHitsMax,
} from '../base/limits.ts';
import type { Hit } from '../base/nouns.ts';
import { startThread } from '../base/start-thread.ts';
import { type Line, openLine } from '../base/thread-line.ts';
import type { ErasedEntries, EraseRequest } from './erase-entries.ts';

import type { PartitionPlace } from './forwarding.ts';
import type { AsideEntry, Dropped, ForwardedPlaces, JournalFile, JournalState } from './journal-file.ts';
import type { JournalRequest } from './journal-worker.ts';
import type { JournalEntry } from './read-entries.ts';

export type { PartitionPlace } from './forwarding.ts';
export type { AsideEntry, ForwardedPlaces } from './journal-file.ts';
export type { JournalEntry } from './read-entries.ts';

export interface Journal {
  /** Names this journal for ever; the store keeps how far it has settled each. */
  readonly id: string;
  /** Its file, which others may read. */
  readonly path: string;
  /** Puts a hit on disk. True once it is; false when the deadline passed first, or it could not be taken. */
  append(hit: Hit | ConversionHit): Promise<boolean>;
  /** Entries after a place, in order. */
  read(after: number, limit: number): Promise<readonly JournalEntry[]>;
  /** Forgets entries up to a place; they are in the store. */
  prune(through: number): Promise<void>;
  /** Forgets entries up to a place; a stream has them, and each partition's last place is kept. */
  forward(through: number, places: readonly PartitionPlace[]): Promise<void>;
  /** Where forwarding stands. */
  forwardedPlaces(): Promise<ForwardedPlaces>;
  /** Takes entries out that are not to be settled: parks those with a reason, drops those without as damaged. */
  setAside(entries: readonly AsideEntry[]): Promise<void>;
  /** Saves what can be read after another connection met damaged pages. */
  repair(): Promise<void>;
  /** Does one step of an erasure (erase-journal.ts). */
  erase(request: EraseRequest): Promise<ErasedEntries>;
  /** Calls back after each commit of hits; returns what stops it. */
  onCommit(listener: (commit: JournalCommit) => void): () => void;
  /** What became of every hit there ever was, before restarts too. */
  counts(): JournalCounts;
  status(): JournalStatus;
  /** Commits what waits and closes the file. */
  close(): Promise<void>;
}

/** `received` is always the sum of all others. Kept in the file, but for what waits or was dropped since its last commit. */
export interface JournalCounts {
  readonly received: number;
  /** In memory, waiting for a commit. */
  readonly waiting: number;
  /** On disk, not settled yet. */
  readonly journalled: number;
  /** Taken by a stream, from which others settle them. */
  readonly forwarded: number;
  /** On disk, kept aside: the store can never take them. */
  readonly parked: number;
  readonly settled: number;
  readonly dropped: {
    /** The journal was as large as it may become, in memory or on disk. */
    readonly overflow: number;
    /** The disk refused. */
    readonly failed: number;
    /** Their bytes did not survive on disk. */
    readonly damaged: number;
  };
}

export interface JournalStatus {
  /** Hits that are not settled yet, on disk or waiting for it. */
  readonly depth: number;
  /** Milliseconds since the oldest of them was received; null when there is none, or it is damaged. */
  readonly oldestAgeMs: number | null;
  /** The last hits were refused because the journal is as large as it may become. */
  readonly isFull: boolean;
  /** The last hits were refused because the disk refused them. */
  readonly isFailing: boolean;
  /** Answers that went out before their commit; those hits are counted like all others. */
  readonly lateAnswers: number;
}

/** A commit: how many hits it put on disk, and how long that took. */
export interface JournalCommit {
  readonly hits: number;
  readonly ms: number;
}

export interface JournalOptions {
  /** Bytes the file may use; beyond, new hits are dropped until some are settled. @default 4 GiB */
  readonly bytesMax?: number;
}

/**
 * Opens or makes the journal at `path` (its directory must exist).
 *
 * @throws TelltaleError `INVALID_JOURNAL` when the file is something else, `JOURNAL_IN_USE` while another process has it.
 */
export async function openJournal(path: string, options: JournalOptions = {}): Promise<Journal> {
  const thread = startJournalThread(path, options.bytesMax ?? journalBytesMax);
  try {
    const { id, state } = (await thread.ask({ kind: 'open' })) as { readonly id: string; readonly state: JournalState };
    return makeJournal({ id, path, thread, state });
  } catch (error) {
    await thread.end();
    throw error;
  }
}

interface Waiting {
  readonly body: string;
  readonly atMs: number;
  /** When it is answered without its commit. */
  readonly dueMs: number;
  isLate?: true;
  /** Means nothing after the first time. */
  readonly answer: (durable: boolean) => void;
}

const NOTHING_DROPPED: Dropped = { overflow: 0, failed: 0 };

function makeJournal(of: {
  readonly id: string;
  readonly path: string;
  readonly thread: JournalThread;
  readonly state: JournalState;
}): Journal {
  const { id, path, thread } = of;
  const listeners = new Set<(commit: JournalCommit) => void>();
  let kept = of.state;
  let waiting: Waiting[] = [];
  /** The batch that is being committed. */
  let leaving: readonly Waiting[] = [];
  /** Dropped since the last commit that worked. */
  let dropped = NOTHING_DROPPED;
  let committing: Promise<void> | undefined;
  let gathering = false;
  let refusal: keyof Dropped | undefined;
  let lateAnswers = 0;
  let deadline: NodeJS.Timeout | undefined;
  let probing: NodeJS.Timeout | undefined;

  function append(hit: Hit | ConversionHit): Promise<boolean> {
    if (waiting.length >= journalWaitingHitsMax) {
      drop('overflow', 1);
      return Promise.resolve(false);
    }
    return new Promise((answer) => {
      waiting.push({ body: writeBody(hit), atMs: hit.atMs, dueMs: performance.now() + answerDeadlineMs, answer });
      deadline ??= setTimeout(answerLate, answerDeadlineMs);
      gather();
    });
  }

  /** Answers whose time has come, in one timer for all: one for each would cost more than the rest of an append. */
  function answerLate(): void {
    deadline = undefined;
    const nowMs = performance.now();
    for (const entries of [leaving, waiting]) {
      for (const entry of entries) {
        if (entry.isLate) continue;
        if (entry.dueMs > nowMs) {
          deadline = setTimeout(answerLate, entry.dueMs - nowMs);
          return;
        }
        entry.isLate = true;
        lateAnswers += 1;
        entry.answer(false);
      }
    }
  }

  function drop(why: keyof Dropped, hits: number): void {
    dropped = { ...dropped, [why]: dropped[why] + hits };
    refusal = why;
  }

  /** Closes a batch at 64 hits, after 5 ms, or at the first loop turn that brings no more: one fsync serves them all. */
  function gather(): void {
    if (gathering || committing !== undefined) return;
    gathering = true;
    const startedMs = performance.now();
    let seen = 0;
    const turn = () => {
      const isFull = waiting.length >= journalBatchHits || waiting.length === seen;
      if (!isFull && performance.now() - startedMs < journalGatherMs) {
        seen = waiting.length;
        setImmediate(turn);
        return;
      }
      gathering = false;
      commit();
    };
    setImmediate(turn);
  }

  function commit(): void {
    if (committing !== undefined || waiting.length === 0) return;
    leaving = waiting;
    waiting = [];
    committing = write(leaving).then(commit);
  }

  /** Writes a batch with what was dropped before it. */
  async function write(batch: readonly Waiting[]): Promise<void> {
    const startedMs = performance.now();
    const counted = dropped;
    const refused = await thread
      .ask({ kind: 'append', lines: batch.map((entry) => entry.body).join('\n'), dropped })
      .then(
        (state) => take(state, counted),
        () => 'failed' as const,
      );
    leaving = [];
    committing = undefined;
    if (refused !== undefined) drop(refused, batch.length);
    else refusal = undefined;
    if (refused === 'failed') probing ??= setTimeout(probe, journalProbeMs).unref();
    for (const entry of batch) entry.answer(refused === undefined);
    if (refused !== undefined || batch.length === 0) return;
    for (const listener of listeners) listener({ hits: batch.length, ms: performance.now() - startedMs });
  }

  /** A server that is known to fail is sent no hits, so it finds out by itself when the disk takes them again. */
  function probe(): void {
    probing = undefined;
    if (refusal === 'failed') committing ??= write([]).then(commit);
  }

  /** Notes what a commit kept; says so when the file was too large for it. */
  function take(state: unknown, counted: Dropped): 'overflow' | undefined {
    if (state === undefined) return 'overflow';
    kept = state as JournalState;
    dropped = { overflow: dropped.overflow - counted.overflow, failed: dropped.failed - counted.failed };
    return undefined;
  }

  async function change(request: JournalRequest): Promise<void> {
    const before = kept.counts.settled + kept.forwarded;
    kept = (await thread.ask(request)) as JournalState;
    // There is room again, though no hit has asked for it yet.
    if (refusal === 'overflow' && kept.counts.settled + kept.forwarded > before) refusal = undefined;
  }

  function counts(): JournalCounts {
    const { received, journalled, parked, settled, ...lost } = kept.counts;
    const inMemory = waiting.length + leaving.length;
    const overflow = lost.overflow + dropped.overflow;
    const failed = lost.failed + dropped.failed;
    return {
      received: received + inMemory + dropped.overflow + dropped.failed,
      waiting: inMemory,
      journalled,
      forwarded: kept.forwarded,
      parked,
      settled,
      dropped: { overflow, failed, damaged: lost.damaged },
    };
  }

  function status(): JournalStatus {
    const { waiting: inMemory, journalled } = counts();
    const oldestAtMs = journalled > 0 ? kept.oldestAtMs : ([...leaving, ...waiting][0]?.atMs ?? null);
    return {
      depth: inMemory + journalled,
      oldestAgeMs: oldestAtMs === null ? null : Math.max(0, Date.now() - oldestAtMs),
      isFull: refusal === 'overflow',
      isFailing: refusal === 'failed',
      lateAnswers,
    };
  }

  return {
    id,
    path,
    append,
    async read(after, limit) {
      const { entries, state } = (await thread.ask({ kind: 'read', after, limit })) as ReturnType<JournalFile['read']>;
      kept = state;
      return entries;
    },
    prune: (through) => change({ kind: 'prune', through }),
    forward: (through, places) => change({ kind: 'forward', through, places }),
    forwardedPlaces: async () => (await thread.ask({ kind: 'forwarded-places' })) as ForwardedPlaces,
    setAside: (entries) => change({ kind: 'set-aside', entries }),
    repair: () => change({ kind: 'repair' }),
    async erase(request) {
      const { erased, state } = (await thread.ask({ kind: 'erase', request })) as ReturnType<JournalFile['erase']>;
      kept = state;
      return erased;
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    counts,
    status,
    async close() {
      commit();
      while (committing !== undefined) await committing;
      clearTimeout(deadline);
      clearTimeout(probing);
      if (dropped.overflow + dropped.failed > 0) await write([]);
      await thread.ask({ kind: 'close' }).catch(() => undefined);
      await thread.end();
    },
  };
}

interface JournalThread extends Line<JournalRequest> {
  /** Ends the thread, whatever it does. */
  end(): Promise<void>;
}

function startJournalThread(path: string, bytesMax: number): JournalThread {
  const worker = startThread(new URL('./journal-worker.ts', import.meta.url), { path, bytesMax });
  const line = openLine<JournalRequest, never>(worker, () => undefined);
  worker.on('error', (error) => line.hangUp(error));
  worker.on('exit', () => line.hangUp(new Error('the journal is closed')));
  return { ...line, end: async () => void (await worker.terminate()) };
}
