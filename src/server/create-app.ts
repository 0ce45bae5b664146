// The whole server as a Koa app: the collector, the pages and the API of the sender, and what watches them.
import type Koa from 'koa';
import { checkOptionNames } from '../base/options.ts';
import type { Mirror } from '../control/open-mirror.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Store } from '../store/open-store.ts';
import { type ApiRequest, addAdmin } from './add-admin.ts';
import type { Collect } from './collect.ts';
import { asMiddleware, COLLECTOR_OPTIONS, type CollectorOptions, prepareCollect } from './collector.ts';
import type { ControlState } from './control-state.ts';
import { type Front, makeFront } from './front.ts';
import { type GuessLimit, makeGuessLimit } from './guess-limit.ts';
import { answerNothingHere, makeKoa } from './make-koa.ts';
import { type Metrics, makeMetrics } from './metrics.ts';
import { answerProbes, type Readiness } from './probes.ts';

export interface AppOptions extends CollectorOptions {
  readonly store: Store;
  readonly journal: Pick<Journal, 'append' | 'counts' | 'status' | 'onCommit'>;
  readonly control?: (ControlState & Pick<Mirror, 'status'>) | undefined;
  /** Names under which the server answers, besides the base URL's and loopback names; ports do not matter. @default none */
  readonly hosts?: readonly string[] | undefined;
  /** One more admin token for the API, kept nowhere. @default none */
  readonly apiToken?: string | undefined;
  /** What `/readyz` says. @default whether the journal takes hits */
  readonly readiness?: (() => Readiness) | undefined;
  /** Tells of the process too at `/metrics`: memory, event loop, garbage collection. @default false */
  readonly processMetrics?: boolean | undefined;
  /** Told of each request to the API: the method, the route (not the path), the status. @default nothing */
  readonly onApiRequest?: ((request: ApiRequest) => void) | undefined;
  /** Aborted when the server closes: answers that have no end of their own (live figures) end then. @default never */
  readonly closing?: AbortSignal | undefined;
  /** Told of failures while answering. @default nothing */
  readonly onProblem?: ((error: unknown) => void) | undefined;
}

/** Makes the app; listen with `http.createServer(app.callback())`. */
export function createApp(options: AppOptions): Koa {
  checkOptionNames(options, APP_OPTIONS, 'createApp');
  return assemble(options).app;
}

const APP_OPTIONS = [
  ...COLLECTOR_OPTIONS,
  ...['store', 'hosts', 'apiToken', 'readiness', 'processMetrics', 'onApiRequest', 'closing', 'onProblem'],
];

/** The parts of a server: the app, and what a listener may ask before it. */
export interface Assembled {
  readonly app: Koa;
  readonly front: Front;
  readonly collect: Collect;
}

/** What the listeners and processes of one service share, and a single app has for itself. */
export interface SharedParts {
  readonly metrics?: Metrics;
  readonly guesses?: GuessLimit;
  /** Leaves the pages, the API and `/metrics` to another listener. @default false */
  readonly isPublic?: boolean;
}

/** Puts the parts together. */
export function assemble(options: AppOptions, shared: SharedParts = {}): Assembled {
  const { store, journal, apiToken, hosts = [], now = Date.now, onApiRequest, closing, onProblem = () => {} } = options;
  const {
    tracker,
    control,
    abuseContact,
    trustedProxies,
    networks,
    onHidden,
    onHiddenPeer,
    onIgnored = () => {},
  } = options;
  const { guesses = makeGuessLimit(), isPublic = false } = shared;
  const metrics = shared.metrics ?? makeMetrics({ journal, mirror: control, process: options.processMetrics });
  const front = makeFront([new URL(tracker.baseUrl).host, ...hosts]);
  const { collect, watch } = prepareCollect({
    ...{ tracker, journal, control, abuseContact, trustedProxies, networks, onHidden, onHiddenPeer, now },
    onIgnored(kind, reason) {
      metrics.countIgnored(kind, reason);
      onIgnored(kind, reason);
    },
  });
  const app = makeKoa(front, onProblem);
  app.use(asMiddleware(collect));
  const readiness = options.readiness ?? (() => journalReadiness(journal));
  app.use(answerProbes(readiness, () => watch.problem() !== undefined));
  if (!isPublic) {
    const { keys, baseUrl } = tracker;
    const shown = { store, keys, baseUrl, apiToken, trustedProxies, guesses, metrics };
    addAdmin(app, { ...shown, now, onApiRequest, closing, onProblem });
  }
  app.use(answerNothingHere);
  return { app, front, collect };
}

/** Whether the journal takes hits. */
export function journalReadiness(journal: Pick<Journal, 'status'>): Readiness {
  const { isFull, isFailing } = journal.status();
  return isFailing ? 'failing' : isFull ? 'full' : 'ready';
}
