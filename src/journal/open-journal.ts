// The journal: a hit that was answered is on disk. Hits that wait share one commit; a lone hit waits for one fsync, a
// crowd shares it, and no answer waits longer than its deadline.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { TelltaleError } from '../base/errors.ts';
import { answerDeadlineMs, journalBatchHits, journalGatherMs, journalWaitingHitsMax } from '../base/limits.ts';
import type { Hit } from '../base/nouns.ts';
import { isSource } from '../base/package-root.ts';
import type { JournalFailure, JournalReply, JournalRequest } from './journal-worker.ts';

/** A hit with its place in the journal; null when its bytes did not survive. */
export interface JournalEntry {
  readonly seq: number;
  readonly hit: Hit | null;
}

export interface Journal {
  /** Names this journal for ever; the store keeps how far it has settled each. */
  readonly id: string;
  /** Puts a hit on disk. True once it is; false when the deadline passed first, or it could not be taken. */
  append(hit: Hit): Promise<boolean>;
  /** Entries after a place, in order. */
  read(after: number, limit: number): Promise<readonly JournalEntry[]>;
  /** Forgets entries up to a place; they are in the store. */
  prune(through: number): Promise<void>;
  /** Calls back after each commit; returns what stops it. */
  onCommit(listener: () => void): () => void;
  /** Hits taken, on disk, and lost because the journal could not take them. */
  counts(): JournalCounts;
  /** Commits what waits and closes the file. */
  close(): Promise<void>;
}

export interface JournalCounts {
  readonly received: number;
  readonly waiting: number;
  readonly journalled: number;
  readonly dropped: number;
}

/**
 * Opens or makes the journal at `path` (its directory must exist).
 *
 * @throws TelltaleError `INVALID_JOURNAL` when the file is something else, `JOURNAL_IN_USE` while another process has it.
 */
export async function openJournal(path: string): Promise<Journal> {
  const thread = startThread(path);
  const id = await thread.ready;
  return makeJournal(String(id), thread);
}

interface Waiting {
  readonly body: string;
  readonly settle: (durable: boolean) => void;
}

function makeJournal(id: string, thread: JournalThread): Journal {
  const listeners = new Set<() => void>();
  let waiting: Waiting[] = [];
  let committing: Promise<void> | undefined;
  let gathering = false;
  let received = 0;
  let journalled = 0;
  let dropped = 0;

  function append(hit: Hit): Promise<boolean> {
    received += 1;
    if (waiting.length >= journalWaitingHitsMax) {
      dropped += 1;
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, answerDeadlineMs, false);
      const settle = (durable: boolean) => {
        clearTimeout(deadline);
        resolve(durable);
      };
      waiting.push({ body: JSON.stringify(hit), settle });
      gather();
    });
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
    const batch = waiting;
    waiting = [];
    committing = thread.ask({ kind: 'append', bodies: batch.map((entry) => entry.body) }).then(
      () => finish(batch, true),
      () => finish(batch, false),
    );
  }

  function finish(batch: readonly Waiting[], durable: boolean): void {
    if (durable) journalled += batch.length;
    else dropped += batch.length;
    for (const entry of batch) entry.settle(durable);
    committing = undefined;
    commit();
    if (durable) for (const listener of listeners) listener();
  }

  async function read(after: number, limit: number): Promise<readonly JournalEntry[]> {
    const rows = (await thread.ask({ kind: 'read', after, limit })) as readonly { seq: number; body: string | null }[];
    return rows.map(({ seq, body }) => ({ seq, hit: body === null ? null : (JSON.parse(body) as Hit) }));
  }

  return {
    id,
    append,
    read,
    prune: async (through) => void (await thread.ask({ kind: 'prune', through })),
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    counts: () => ({ received, waiting: received - journalled - dropped, journalled, dropped }),
    async close() {
      commit();
      while (committing !== undefined) await committing;
      await thread.close();
    },
  };
}

/** The worker thread as a function from request to answer. */
interface JournalThread {
  /** The journal's id. */
  readonly ready: Promise<unknown>;
  ask(request: JournalRequest): Promise<unknown>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

function startThread(path: string): JournalThread {
  const pending: Pending[] = [];
  let hasEnded = false;
  const worker = isSource
    ? startFromSource(path)
    : new Worker(new URL('./journal-worker.js', import.meta.url), { workerData: { path } });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const expectReply = () => new Promise<unknown>((resolve, reject) => pending.push({ resolve, reject }));
  const ready = expectReply();

  worker.on('message', (reply: JournalReply) => {
    const first = pending.shift();
    if (reply.ok) first?.resolve(reply.value);
    else first?.reject(failure(path, reply.code, reply.message));
  });
  worker.on('error', (error) => failAll(error));
  worker.on('exit', () => {
    hasEnded = true;
    failAll(new Error(CLOSED));
  });

  function failAll(error: Error): void {
    for (const { reject } of pending.splice(0)) reject(error);
  }

  return {
    ready,
    ask,
    close: async () => void (await Promise.allSettled([ask({ kind: 'close' }), ended])),
  };

  /** Asks the thread; one that has ended would never answer. */
  function ask(request: JournalRequest): Promise<unknown> {
    if (hasEnded) return Promise.reject(new Error(CLOSED));
    const answered = expectReply();
    worker.postMessage(request);
    return answered;
  }
}

const CLOSED = 'the journal is closed';

/** A thread does not inherit the loader that runs TypeScript, so it is told to load it first. */
function startFromSource(path: string): Worker {
  const loader = new URL(
    'dist/esm/api/index.mjs',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')),
  ).href;
  const file = new URL('./journal-worker.ts', import.meta.url).href;
  const code = `import('${loader}').then(({ register }) => { register(); return import('${file}'); })`;
  return new Worker(code, { eval: true, workerData: { path } });
}

function failure(path: string, code: JournalFailure, message: string): Error {
  if (code === 'FAILED') return new Error(`The journal ${path} failed: ${message}`);
  if (code === 'JOURNAL_IN_USE') {
    return new TelltaleError(
      code,
      `Another process collects into ${path}. Stop it first, or give this one a data directory of its own (--data).`,
    );
  }
  return new TelltaleError(
    'INVALID_JOURNAL',
    `${path} should be a journal of Telltale, but ${message}. Name another data directory, or move that file away.`,
  );
}
