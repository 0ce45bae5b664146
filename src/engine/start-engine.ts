// The engine room of a server: one thread that writes the store and settles journals, one that reads it. The thread that
// answers requests waits for neither a lock, nor a report, nor a disk.
import { settleLookMs } from '../base/limits.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import type { Journal } from '../journal/open-journal.ts';
import { checkRepeatWindow } from '../settle/repeats.ts';
import type { Settler } from '../settle/settler.ts';
import type { Store } from '../store/open-store.ts';
import type { OwnerRequest, ReaderRequest, WriterRequest } from './engine-letters.ts';
import { type RunMethod, remoteStore, THREADS } from './remote-store.ts';
import { type StoreThread, startStoreThread } from './store-thread.ts';

/** What settling needs of a journal's owner, who alone changes the file: in this process, or in another behind a line. */
export type SettledJournal = Pick<Journal, 'id' | 'path' | 'prune' | 'setAside' | 'repair' | 'erase' | 'onCommit'>;

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
  /** The sender's own rules for verdicts; see docs/opens.md. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
}

/**
 * Opens the store and starts the threads.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `STORE_BUSY`, `INVALID_OPTION`.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { databaseUrl: url, onProblem, lookMs = settleLookMs, repeatWindowMs = 0, rules = [] } = options;
  checkRepeatWindow(repeatWindowMs);
  readOwnRules(rules, 'startEngine');
  const journals = new Map<string, { readonly journal: SettledJournal; readonly stopListening: () => void }>();
  const writer = startStoreThread<WriterRequest, OwnerRequest>({
    ...{ name: 'writer', url, answer, onProblem },
    onRestart() {
      // It may have made the file anew.
      reopenReader();
      // What fails now is told by the settler, which tries again.
      for (const { journal } of journals.values()) settleFromNow(journal).catch(onProblem);
    },
  });
  // The reader second: it takes what the writer has made, opens it when it is first asked, and leaves the processors to
  // the writer until then.
  let reader: StoreThread<ReaderRequest> | undefined;
  const controlListeners = new Set<() => void>();

  function controlChanged(): void {
    for (const listener of controlListeners) listener();
  }

  /** A reader that is not there opens what there is when it comes back. */
  function reopenReader(): void {
    reader?.ask({ kind: 'reopen' }).catch(() => undefined);
  }

  function settleFromNow({ id, path }: SettledJournal): Promise<unknown> {
    return writer.ask({ kind: 'settle', id, path, lookMs, repeatWindowMs, rules });
  }

  async function answer(request: OwnerRequest): Promise<void> {
    if (request.kind === 'problem') return onProblem(new Error(request.message));
    if (request.kind === 'reopened') return reopenReader();
    if (request.kind === 'control-changed') return controlChanged();
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
    const { id } = journal;
    // A failure is the settler's to tell.
    const tell = () => void writer.ask({ kind: 'committed', id }).catch(() => undefined);
    journals.set(id, { journal, stopListening: journal.onCommit(tell) });
    await settleFromNow(journal);
    return {
      settleNow: async () => void (await writer.ask({ kind: 'settle-now', id })),
      async stop(withinMs) {
        journals.get(id)?.stopListening();
        // Without its thread nothing settles; what is left stays in the journal.
        await writer.ask({ kind: 'stop', id, withinMs }).catch(onProblem);
        journals.delete(id);
      },
    };
  }

  async function close(): Promise<void> {
    for (const { stopListening } of journals.values()) stopListening();
    // One after the other: the last connection folds the log into the store, and of two that close at once neither may be.
    await writer.end(reader?.end());
  }

  try {
    await writer.ask({ kind: 'open' });
    const reading = startStoreThread<ReaderRequest, never>({
      ...{ name: 'reader', url, answer: () => undefined, onProblem },
      onRestart: () => undefined,
    });
    reader = reading;
    const run: RunMethod = (method, args) =>
      (THREADS[method] === 'read' ? reading : writer).ask({ kind: 'run', method, args });
    return { store: remoteStore({ url, run, close, controlListeners }), settle, close };
  } catch (error) {
    await close();
    throw error;
  }
}
