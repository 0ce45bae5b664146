// A whole service in one process: store, journal, settler, tracker and server over one data directory. `serve` and the
// demo run it; an app of one's own mounts `collector` instead.
import { join } from 'node:path';
import { startEngine } from '../engine/start-engine.ts';
import { type Journal, openJournal } from '../journal/open-journal.ts';
import type { Settler } from '../settle/settler.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { createTracker, type Tracker } from '../track/create-tracker.ts';
import { createApp } from './create-app.ts';
import { listen } from './listen.ts';

export interface ServiceOptions {
  /** Holds the journal; must exist. */
  readonly dataDirectory: string;
  readonly databaseUrl: string;
  readonly keys: KeyRing;
  /** @default where it listens */
  readonly baseUrl?: string | undefined;
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  readonly apiToken?: string | undefined;
  readonly onProblem: (error: unknown) => void;
}

export interface Service {
  readonly url: string;
  readonly baseUrl: string;
  readonly tracker: Tracker;
  readonly store: Store;
  readonly journal: Journal;
  readonly settler: Settler;
  /** Answers what was accepted, settles what was answered, closes the files. */
  close(): Promise<void>;
}

/**
 * Starts a service.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `INVALID_JOURNAL`, `INVALID_BASE_URL`, `PORT_IN_USE`.
 */
export async function runService(options: ServiceOptions): Promise<Service> {
  const { onProblem } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const engine = await startEngine({ databaseUrl: options.databaseUrl, onProblem });
    closers.push(() => engine.close());
    const { store } = engine;
    const journal = await openJournal(join(options.dataDirectory, 'journal.db'));
    closers.push(() => journal.close());
    const settler = await engine.settle(journal);
    closers.push(() => settler.stop());
    let tracker: Tracker | undefined;
    const listening = await listen(options, (url) => {
      tracker = createTracker({ baseUrl: options.baseUrl ?? url, keys: options.keys, store, onProblem });
      return createApp({ tracker, store, journal, apiToken: options.apiToken, onProblem }).callback();
    });
    closers.push(() => listening.close());
    if (tracker === undefined) throw new Error('the server listens without a tracker');
    const started = tracker;
    closers.push(() => started.close());
    return { url: listening.url, baseUrl: started.baseUrl, tracker: started, store, journal, settler, close };
  } catch (error) {
    await close();
    throw error;
  }
}
