// The engine room of a server: one thread that writes the store and settles journals, one that reads it. The thread that
// answers requests waits for neither a lock, nor a report, nor a disk.
import { messageOf } from '../base/errors.ts';
import { settleLookMs, writerYoungMb } from '../base/limits.ts';
import { startThread } from '../base/start-thread.ts';
import { type Line, openLine } from '../base/thread-line.ts';
import type { Journal } from '../journal/open-journal.ts';
import { checkRepeatWindow } from '../settle/repeats.ts';
import type { Settler } from '../settle/settler.ts';
import type { Store } from '../store/open-store.ts';
import type { OwnerRequest, ReaderRequest, StoreRequest, WriterRequest } from './engine-letters.ts';
import { type RunMethod, remoteStore, THREADS } from './remote-store.ts';

/** What settling needs of a journal's owner, who alone changes the file: in this process, or in another behind a line. */
export type SettledJournal = Pick<Journal, 'id' | 'path' | 'prune' | 'setAside' | 'repair' | 'onCommit'>;

export interface Engine {
  /** The store, through the threads. */
  readonly store: Store;
  /** Settles a journal from now on, beside all others; stop the settler before the journal closes. */
  settle(journal: SettledJournal): Promise<Settler>;
  /** Stops settling, closes the store and ends the threads. */
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly databaseUrl: string;
  /** Told once when settling begins to fail, or fails otherwise than before, and of what it had to set aside. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two looks into the journals without a commit, and between two tries. @default 1000 */
  readonly lookMs?: number;
  /** Milliseconds in which the same request of the same place counts once; see docs/opens.md. @default 0, each counts */
  readonly repeatWindowMs?: number | undefined;
}

/**
 * Opens the store and starts the threads.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `INVALID_OPTION`.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { databaseUrl: url, onProblem, lookMs = settleLookMs, repeatWindowMs = 0 } = options;
  checkRepeatWindow(repeatWindowMs);
  const journals = new Map<string, { readonly journal: SettledJournal; readonly stopListening: () => void }>();
  const writer = startStoreThread<WriterRequest, OwnerRequest>('writer', answer, onProblem);
  const reader = startStoreThread<ReaderRequest, never>('reader', () => undefined, onProblem);

  async function answer(request: OwnerRequest): Promise<void> {
    if (request.kind === 'problem') return onProblem(new Error(request.message));
    if (request.kind === 'reopened') return void (await reader.ask({ kind: 'reopen' }));
    const journal = journals.get(request.id)?.journal;
    switch (request.kind) {
      case 'prune':
        return await journal?.prune(request.through);
      case 'set-aside':
        return await journal?.setAside(request.entries);
      case 'repair':
        return await journal?.repair();
    }
  }

  async function settle(journal: SettledJournal): Promise<Settler> {
    const { id, path } = journal;
    // A failure is the settler's to tell.
    const tell = () => void writer.ask({ kind: 'committed', id }).catch(() => undefined);
    journals.set(id, { journal, stopListening: journal.onCommit(tell) });
    await writer.ask({ kind: 'settle', id, path, lookMs, repeatWindowMs });
    return {
      settleNow: async () => void (await writer.ask({ kind: 'settle-now', id })),
      async stop(withinMs) {
        journals.get(id)?.stopListening();
        await writer.ask({ kind: 'stop', id, withinMs });
        journals.delete(id);
      },
    };
  }

  async function close(): Promise<void> {
    for (const { stopListening } of journals.values()) stopListening();
    await reader.end();
    await writer.end();
  }

  try {
    // The reader second: it takes what the writer has made.
    await writer.ask({ kind: 'open', url });
    await reader.ask({ kind: 'open', url });
    const run: RunMethod = (method, args) =>
      (THREADS[method] === 'read' ? reader : writer).ask({ kind: 'run', method, args });
    return { store: remoteStore({ url, run, close }), settle, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface StoreThread<Ask> extends Line<Ask> {
  /** Lets the thread close what it has open, and ends it. */
  end(): Promise<void>;
}

function startStoreThread<Ask, Asked>(
  name: 'reader' | 'writer',
  answer: (request: Asked) => unknown,
  onProblem: (error: unknown) => void,
): StoreThread<Ask | StoreRequest> {
  const limits = name === 'writer' ? { maxYoungGenerationSizeMb: writerYoungMb } : {};
  const worker = startThread(new URL(`./${name}-worker.ts`, import.meta.url), undefined, limits);
  const line = openLine<Ask | StoreRequest, Asked>(worker, answer);
  worker.on('error', (error) => {
    onProblem(new Error(`The store's ${name} ended: ${messageOf(error)}`));
    line.hangUp(error);
  });
  worker.on('exit', () => line.hangUp(new Error('the store is closed')));
  let ended: Promise<unknown> | undefined;
  return {
    ...line,
    end: async () => {
      ended ??= line
        .ask({ kind: 'close' })
        .catch(() => undefined)
        .then(() => worker.terminate());
      await ended;
    },
  };
}
