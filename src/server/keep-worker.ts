// Keeps one worker process alive. Another takes the place of one that died, at once or after a pause that grows while they
// die young, and has its journal: what was answered is in it. Settling pauses for as long as the journal has no owner.
import cluster, { type Worker } from 'node:cluster';
import { messageOf } from '../base/errors.ts';
import { workerCloseMs, workerPauseMsMax, workerPauseMsMin, workerWellMs } from '../base/limits.ts';
import { processPort } from '../base/process-line.ts';
import { type Line, openLine } from '../base/thread-line.ts';
import type { SettledJournal } from '../engine/start-engine.ts';
import type { ErasedEntries } from '../journal/erase-entries.ts';
import type { ForwardedPlaces } from '../journal/open-journal.ts';
import type { Settler } from '../settle/settler.ts';
import type { PrimaryRequest, WorkerRequest, WorkerSettings, WorkerStarted } from './worker-letters.ts';

export interface WorkerPlace {
  readonly started: WorkerStarted;
  /** Asks the worker that is there now; nothing while there is none. */
  ask(request: Extract<WorkerRequest, { readonly kind: 'keys' | 'figures' }>): Promise<unknown>;
  /** Lets it answer what was accepted, settles that for a while, and ends it. */
  close(): Promise<void>;
}

export interface WorkerPlaceOptions {
  /** Names the place in sentences. */
  readonly name: string;
  /** What the next worker is told; asked for each time, since keys change. */
  readonly settings: () => WorkerSettings;
  readonly settle: (journal: SettledJournal) => Promise<Settler>;
  /** Answers what a worker asks, but for what is about the worker itself. */
  readonly answer: (request: Exclude<PrimaryRequest, { readonly kind: 'ready' | 'committed' }>) => unknown;
  readonly onProblem: (error: unknown) => void;
}

/** A worker that listens, and the settler of its journal. */
interface Running {
  readonly worker: Worker;
  readonly line: Line<WorkerRequest>;
  readonly started: WorkerStarted;
  readonly settler: Settler;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
}

/**
 * Starts the first worker of a place.
 *
 * @throws whatever it cannot start for.
 */
export async function keepWorker(options: WorkerPlaceOptions): Promise<WorkerPlace> {
  const { name, onProblem } = options;
  let running: Running | undefined;
  const closing = new AbortController();
  let pauseMs = 0;
  let pausing: NodeJS.Timeout | undefined;
  let starting: Promise<void> | undefined;

  async function begin(): Promise<WorkerStarted> {
    const startedMs = performance.now();
    const begun = await startWorker(options, closing.signal);
    running = begun;
    begun.ended.then((reason) => {
      running = undefined;
      if (closing.signal.aborted) return;
      onProblem(new Error(`Worker ${name} ended (${reason}); another takes its place.`));
      if (performance.now() - startedMs >= workerWellMs) pauseMs = 0;
      beginLater();
    });
    // The keys may have changed while it started.
    await begun.line.ask({ kind: 'keys', ring: options.settings().ring }).catch(() => undefined);
    return begun.started;
  }

  function beginLater(): void {
    pausing = setTimeout(() => {
      pauseMs = Math.min(Math.max(2 * pauseMs, workerPauseMsMin), workerPauseMsMax);
      starting = begin().then(
        () => undefined,
        (error: unknown) => {
          if (closing.signal.aborted) return;
          onProblem(new Error(`Worker ${name} cannot start: ${messageOf(error)}`));
          beginLater();
        },
      );
    }, pauseMs);
  }

  const started = await begin();
  return {
    started,
    ask: async (request) => running?.line.ask(request),
    async close() {
      closing.abort();
      clearTimeout(pausing);
      await starting;
      if (running !== undefined) await end(running);
    },
  };
}

/** Starts a worker, and settles its journal once it listens; not when the service closes before that. */
async function startWorker({ settings, settle, answer }: WorkerPlaceOptions, closing: AbortSignal): Promise<Running> {
  const worker = cluster.fork();
  // Nobody waits for a worker that is not there yet; what it may have answered is on disk.
  const kill = () => void worker.process.kill('SIGKILL');
  closing.addEventListener('abort', kill);
  const listeners = new Set<() => void>();
  let tellReady = () => {};
  const ready = new Promise<void>((resolve) => {
    tellReady = resolve;
  });
  const line = openLine<WorkerRequest, PrimaryRequest>(processPort(worker), (request) => {
    if (request.kind === 'ready') return tellReady();
    if (request.kind !== 'committed') return answer(request);
    for (const listener of listeners) listener();
    return undefined;
  });
  worker.on('error', kill);
  const died = new Promise<string>((resolve) => {
    worker.once('exit', (code, signal) => {
      const reason = signal ?? `status ${code}`;
      line.hangUp(new Error(`the worker ended (${reason})`));
      resolve(reason);
    });
  });
  try {
    await Promise.race([ready, died.then(() => Promise.reject(new Error('the process ended before it was ready')))]);
    const started = (await line.ask({ kind: 'start', settings: settings() })) as WorkerStarted;
    const settler = await settle(behindLine(started.journal, line, listeners));
    // Its successor begins when nothing settles the journal any more.
    const ended = died.then(async (reason) => {
      await settler.stop(0).catch(() => undefined);
      return reason;
    });
    return { worker, line, started, settler, ended };
  } catch (error) {
    kill();
    await died;
    throw error;
  } finally {
    closing.removeEventListener('abort', kill);
  }
}

/** A worker's journal, as settling knows it. */
function behindLine(
  { id, path }: WorkerStarted['journal'],
  line: Line<WorkerRequest>,
  listeners: Set<() => void>,
): SettledJournal {
  return {
    id,
    path,
    prune: async (through) => void (await line.ask({ kind: 'prune', through })),
    forward: async (through, places) => void (await line.ask({ kind: 'forward', through, places })),
    forwardedPlaces: async () => (await line.ask({ kind: 'forwarded-places' })) as ForwardedPlaces,
    setAside: async (entries) => void (await line.ask({ kind: 'set-aside', entries })),
    repair: async () => void (await line.ask({ kind: 'repair' })),
    erase: async (request) => (await line.ask({ kind: 'erase', request })) as ErasedEntries,
    onCommit(listener) {
      // Whatever the commit was: settling wants to know that there was one.
      const tell = () => listener({ hits: 0, ms: 0 });
      listeners.add(tell);
      return () => listeners.delete(tell);
    },
  };
}

/** Ends a worker in order. One that does not follow is killed: what it answered is on disk. */
async function end({ worker, line, settler, ended }: Running): Promise<void> {
  const killing = setTimeout(() => worker.process.kill('SIGKILL'), workerCloseMs);
  try {
    await line.ask({ kind: 'drain' });
    await settler.stop();
    await line.ask({ kind: 'close' });
  } catch {
    worker.process.kill('SIGKILL');
  }
  await ended;
  clearTimeout(killing);
}
