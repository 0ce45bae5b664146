// The engine room of a server: one thread that writes the store and settles journals, one that reads it. The thread that
// answers requests waits for neither a lock, nor a report, nor a disk.
import { messageOf, TelltaleError } from '../base/errors.ts';
import { settleLookMs } from '../base/limits.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import type { Journal } from '../journal/open-journal.ts';
import { checkRepeatWindow } from '../settle/repeats.ts';
import type { Settler } from '../settle/settler.ts';
import type { Store } from '../store/open-store.ts';
import type { StreamSettings } from '../stream/stream-settings.ts';
import type { StreamStatus } from '../stream/stream-status.ts';
import type { OwnerRequest, ReaderRequest, WriterRequest } from './engine-letters.ts';
import { type RunMethod, remoteStore, THREADS } from './remote-store.ts';
import { type StoreThread, startStoreThread } from './store-thread.ts';

/** What settling needs of a journal's owner, who alone changes the file: in this process, or in another behind a line. */
export type SettledJournal = Pick<
  Journal,
  'id' | 'path' | 'prune' | 'forward' | 'forwardedPlaces' | 'setAside' | 'repair' | 'erase' | 'onCommit'
>;

export interface Engine {
  /** The store, through the threads. */
  readonly store: Store;
  /** Whether it was there at the start; one that only forwards starts without. */
  readonly isStoreThere: boolean;
  /** Settles a journal from now on, beside all others; stop the settler before the journal closes. */
  settle(journal: SettledJournal): Promise<Settler>;
  /** How it is with the stream; nothing without one. */
  streamStatus(): Promise<StreamStatus | undefined>;
  /** Stops settling, closes the store and ends the threads. */
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Null for none: the store’s methods then say so, and journals can only be forwarded. */
  readonly databaseUrl: string | null;
  /** Where journals are forwarded to, in place of being settled here. @default nowhere */
  readonly stream?: EngineStream | undefined;
  /** Told once when settling begins to fail, or fails otherwise than before, and of what it had to set aside. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two looks into the journals without a commit, and between two tries. @default 1000 */
  readonly lookMs?: number;
  /** Milliseconds in which the same request of the same place counts once; see docs/opens.md. @default 0, each counts */
  readonly repeatWindowMs?: number | undefined;
  /** The sender's own rules for verdicts; see docs/opens.md. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
}

export interface EngineStream {
  readonly settings: StreamSettings;
  /** Whether what is in the stream is settled into the store, by this process as by others. */
  readonly settles: boolean;
}

/**
 * Opens the store and starts the threads. Who only forwards starts also while the store is away.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `STORE_BUSY`, `STORE_UNAVAILABLE`, `INVALID_OPTION`.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { databaseUrl, stream, onProblem, lookMs = settleLookMs, repeatWindowMs = 0, rules = [] } = options;
  checkRepeatWindow(repeatWindowMs);
  readOwnRules(rules, 'startEngine');
  const url = databaseUrl ?? '';
  const journals = new Map<string, { readonly journal: SettledJournal; readonly stopListening: () => void }>();
  const writer = startStoreThread<WriterRequest, OwnerRequest>({
    ...{ name: 'writer', url, answer, onProblem },
    onRestart() {
      // It may have made the file anew.
      reopenReader();
      // What fails now is told by the settler, which tries again.
      streamFromNow()
        .then(() => Promise.all([...journals.values()].map(({ journal }) => settleFromNow(journal))))
        .catch(onProblem);
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

  async function streamFromNow(): Promise<void> {
    if (stream === undefined) return;
    const part = { ...stream, hasStore: databaseUrl !== null };
    await writer.ask({ kind: 'stream', ...part, lookMs, repeatWindowMs, rules });
  }

  function settleFromNow({ id, path }: SettledJournal): Promise<unknown> {
    return writer.ask({ kind: 'settle', id, path, lookMs, repeatWindowMs, rules });
  }

  async function answer(request: OwnerRequest): Promise<unknown> {
    if (request.kind === 'problem') return onProblem(new Error(request.message));
    if (request.kind === 'reopened') return reopenReader();
    if (request.kind === 'control-changed') return controlChanged();
    const journal = journals.get(request.id)?.journal;
    switch (request.kind) {
      case 'prune':
        return await journal?.prune(request.through);
      case 'forward':
        return await journal?.forward(request.through, request.places);
      case 'forwarded-places':
        return await journal?.forwardedPlaces();
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

  /** Whether the store is there. One that is not is opened when it is next asked for. */
  async function openNow(): Promise<boolean> {
    try {
      await writer.ask({ kind: 'open' });
      return true;
    } catch (error) {
      if (stream === undefined || stream.settles || !isAway(error)) throw error;
      onProblem(new TelltaleError('STORE_UNAVAILABLE', `${STARTS_WITHOUT} ${messageOf(error)}`, { cause: error }));
      return false;
    }
  }

  const streamStatus = async () => (await writer.ask({ kind: 'stream-status' })) as StreamStatus | undefined;

  try {
    await streamFromNow();
    if (databaseUrl === null) {
      const store = remoteStore({ url, run: refuseWithoutStore, close });
      return { store, isStoreThere: false, settle, streamStatus, close };
    }
    const isStoreThere = await openNow();
    const reading = startStoreThread<ReaderRequest, never>({
      ...{ name: 'reader', url, answer: () => undefined, onProblem },
      onRestart: () => undefined,
    });
    reader = reading;
    const run: RunMethod = (method, args) =>
      (THREADS[method] === 'read' ? reading : writer).ask({ kind: 'run', method, args });
    return { store: remoteStore({ url, run, close, controlListeners }), isStoreThere, settle, streamStatus, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const STARTS_WITHOUT =
  'The database is not there, so this starts without it: hits are taken and forwarded; what was revoked, withdrawn or registered is known from before, if at all, until the database is back.';

/** Whether a store may be there later; what is wrong with it otherwise stays wrong. */
function isAway(error: unknown): boolean {
  return error instanceof TelltaleError && (error.code === 'STORE_UNAVAILABLE' || error.code === 'STORE_BUSY');
}

/** Of a process that was given no database. */
async function refuseWithoutStore(): Promise<never> {
  throw new TelltaleError(
    'STORE_UNAVAILABLE',
    'This process was given no database: it takes hits and forwards them. Ask a server that has one (--database).',
  );
}
