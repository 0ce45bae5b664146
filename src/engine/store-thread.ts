// A thread that has the store open. When it ends without having been asked to, it is started again after a pause that
// grows; until then what is asked of it fails, and whoever asked may ask again.
import { messageOf, TelltaleError } from '../base/errors.ts';
import { threadLivedMs, threadPauseMs, threadPauseMsMax, writerYoungMb } from '../base/limits.ts';
import { startThread } from '../base/start-thread.ts';
import { type Line, openLine } from '../base/thread-line.ts';
import type { StoreRequest } from './engine-letters.ts';

export interface StoreThread<Ask> {
  /** Asks the thread; rejects with `STORE_UNAVAILABLE` while it is not there. */
  ask(request: Ask | StoreRequest): Promise<unknown>;
  /** Lets the thread close what it has open, and ends it, once `after` has come; from now on it is not started again. */
  end(after?: Promise<void>): Promise<void>;
}

export interface StoreThreadOptions<Asked> {
  readonly name: 'reader' | 'writer';
  readonly url: string;
  readonly answer: (request: Asked) => unknown;
  readonly onProblem: (error: unknown) => void;
  /** Told when the thread is there again, with nothing of what it was asked before. */
  readonly onRestart: () => void;
}

/** Starts the thread. */
export function startStoreThread<Ask, Asked>(options: StoreThreadOptions<Asked>): StoreThread<Ask> {
  const { name, url, answer, onProblem, onRestart } = options;
  const limits = name === 'writer' ? { maxYoungGenerationSizeMb: writerYoungMb } : {};
  let pauseMs = threadPauseMs;
  let pausing: NodeJS.Timeout | undefined;
  let ended: Promise<unknown> | undefined;
  let { worker, line } = start();

  function start() {
    const worker = startThread(new URL(`./${name}-worker.ts`, import.meta.url), { url }, limits);
    const line: Line<Ask | StoreRequest> = openLine<Ask | StoreRequest, Asked>(worker, answer);
    const startedMs = performance.now();
    let reason = 'nobody knows why';
    worker.on('error', (error) => {
      reason = messageOf(error);
    });
    worker.on('exit', () => {
      if (ended !== undefined) return line.hangUp(new Error('the store is closed'));
      if (performance.now() - startedMs > threadLivedMs) pauseMs = threadPauseMs;
      const error = new TelltaleError(
        'STORE_UNAVAILABLE',
        `The store's ${name} ended: ${reason}. It is started again in ${pauseMs / 1_000} s; try again then.`,
      );
      line.hangUp(error);
      onProblem(error);
      pausing = setTimeout(restart, pauseMs);
      pauseMs = Math.min(pauseMs * 2, threadPauseMsMax);
    });
    return { worker, line };
  }

  function restart(): void {
    ({ worker, line } = start());
    onRestart();
  }

  return {
    ask: (request) => line.ask(request),
    async end(after = Promise.resolve()) {
      clearTimeout(pausing);
      ended ??= after
        .then(() => line.ask({ kind: 'close' }))
        .catch(() => undefined)
        .then(() => worker.terminate());
      await ended;
    },
  };
}
