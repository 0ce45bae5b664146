// A whole service in one process: store, journal, control state, settler, tracker and server over one data directory. `serve` and the
// demo run it; an app of one's own mounts `collector` instead.
import { join } from 'node:path';
import { type Control, startControl } from '../control/start-control.ts';
import { startEngine } from '../engine/start-engine.ts';
import { type Journal, openJournal } from '../journal/open-journal.ts';
import type { Settler } from '../settle/settler.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { createTracker, type Tracker } from '../track/create-tracker.ts';
import { answerFirst } from './answer-first.ts';
import { type ApiRequest, assemble, journalReadiness } from './create-app.ts';
import { listen } from './listen.ts';

export interface ServiceOptions {
  /** Holds the journal and the mirror of the control state; must exist. */
  readonly dataDirectory: string;
  readonly databaseUrl: string;
  readonly keys: KeyRing;
  /** @default where it listens */
  readonly baseUrl?: string | undefined;
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  readonly apiToken?: string | undefined;
  /** Proxies in front: their number or addresses. @default none */
  readonly trustedProxies?: string | undefined;
  /** More names under which it answers. @default none */
  readonly hosts?: readonly string[] | undefined;
  /** Milliseconds in which the same request of the same place counts once, at most 900,000. @default 0, each counts */
  readonly repeatWindowMs?: number | undefined;
  /** Told of each request to the API. @default nothing */
  readonly onApiRequest?: ((request: ApiRequest) => void) | undefined;
  readonly onProblem: (error: unknown) => void;
}

export interface Service {
  readonly url: string;
  readonly baseUrl: string;
  readonly tracker: Tracker;
  readonly store: Store;
  readonly journal: Journal;
  readonly settler: Settler;
  readonly control: Control;
  /** Answers what was accepted, settles what was answered, closes the files. */
  close(): Promise<void>;
}

/**
 * Starts a service.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `INVALID_OPTION`, `INVALID_JOURNAL`, `JOURNAL_IN_USE`, `INVALID_MIRROR`, `INVALID_BASE_URL`, `PORT_IN_USE`.
 */
export async function runService(options: ServiceOptions): Promise<Service> {
  const { databaseUrl, repeatWindowMs, onProblem } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of closers.splice(0).reverse()) await closeOne();
  };
  try {
    const engine = await startEngine({ databaseUrl, repeatWindowMs, onProblem });
    closers.push(() => engine.close());
    const { store } = engine;
    const journal = await openJournal(join(options.dataDirectory, 'journal.db'));
    closers.push(() => journal.close());
    const control = startControl({ source: store, path: join(options.dataDirectory, 'control.db'), onProblem });
    closers.push(() => control.close());
    const settler = await engine.settle(journal);
    closers.push(() => settler.stop());
    let tracker: Tracker | undefined;
    const listening = await listen(options, (url) => {
      tracker = createTracker({ baseUrl: options.baseUrl ?? url, keys: options.keys, store, onProblem });
      const { apiToken, trustedProxies, hosts = [] } = options;
      const names = [new URL(url).host, ...hosts];
      const parts = { tracker, store, journal, control: control.mirror, apiToken, trustedProxies, hosts: names };
      const readiness = () => (control.isFresh() ? journalReadiness(journal) : 'behind');
      const { onApiRequest } = options;
      return answerFirst(assemble({ ...parts, readiness, processMetrics: true, onApiRequest, onProblem }), onProblem);
    });
    closers.push(() => listening.close());
    if (tracker === undefined) throw new Error('the server listens without a tracker');
    const started = tracker;
    closers.push(() => started.close());
    const { url } = listening;
    return { url, baseUrl: started.baseUrl, tracker: started, store, journal, settler, control, close };
  } catch (error) {
    await close();
    throw error;
  }
}
