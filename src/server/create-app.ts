// The whole server as a Koa app: the collector, the API, and what watches them.
import Koa, { type Context, type Middleware, type Next } from 'koa';
import { checkOptionNames } from '../base/options.ts';
import type { Mirror } from '../control/open-mirror.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Store } from '../store/open-store.ts';
import { giveAnswer } from './answer.ts';
import { apiRoutes } from './api.ts';
import { authorise } from './api-auth.ts';
import { prepareAddressOf } from './client-address.ts';
import type { Collect } from './collect.ts';
import { asMiddleware, COLLECTOR_OPTIONS, type CollectorOptions, prepareCollect } from './collector.ts';
import type { ControlState } from './control-state.ts';
import { type Front, makeFront } from './front.ts';
import { makeGuessLimit } from './guess-limit.ts';
import { makeMetrics } from './metrics.ts';
import { answerMetrics, answerProbes, type Readiness } from './probes.ts';
import { answerProblem, answerStoreProblem } from './problem.ts';

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
  ...['store', 'hosts', 'apiToken', 'readiness', 'processMetrics', 'onApiRequest', 'onProblem'],
];

/** The parts of a server: the app, and what a listener may ask before it. */
export interface Assembled {
  readonly app: Koa;
  readonly front: Front;
  readonly collect: Collect;
}

/** Puts the parts together. */
export function assemble(options: AppOptions): Assembled {
  const { store, journal, apiToken, hosts = [], now = Date.now, onApiRequest, onProblem = () => {} } = options;
  const { tracker, control, abuseContact, trustedProxies, onIgnored = () => {} } = options;
  const metrics = makeMetrics({ journal, mirror: control, process: options.processMetrics });
  const front = makeFront([new URL(tracker.baseUrl).host, ...hosts]);
  const collect = prepareCollect({
    ...{ tracker, journal, control, abuseContact, trustedProxies, now },
    onIgnored(kind, reason) {
      metrics.countIgnored(kind, reason);
      onIgnored(kind, reason);
    },
  });
  const addressOf = prepareAddressOf(trustedProxies ?? '');
  const { countRefused } = metrics;
  const auth = { store, extraToken: apiToken, addressOf, guesses: makeGuessLimit(), countRefused };
  const mayRead = async (ctx: Context) => (await authorise(ctx, 'read', auth)) !== undefined;
  const app = new Koa();
  // Koa would print the request; what a stranger sent belongs in no log.
  app.silent = true;
  app.on('error', (error) => {
    if (!isClientsFault(error)) onProblem(error);
  });
  app.use(failSafely(onProblem));
  app.use(passFront(front));
  app.use(asMiddleware(collect));
  app.use(answerProbes(options.readiness ?? (() => journalReadiness(journal))));
  app.use(answerMetrics(metrics, mayRead, addressOf));
  if (onApiRequest !== undefined) app.use(tellApiRequests(onApiRequest));
  app.use(apiRoutes({ store, auth, now }));
  app.use(async (ctx) => answerProblem(ctx, 404, 'There is nothing at this path.'));
  return { app, front, collect };
}

/** Whether the journal takes hits. */
export function journalReadiness(journal: Pick<Journal, 'status'>): Readiness {
  const { isFull, isFailing } = journal.status();
  return isFailing ? 'failing' : isFull ? 'full' : 'ready';
}

/** A request to the API as it may be logged: nothing of it that the caller chose, but for the method. */
export interface ApiRequest {
  readonly method: string;
  /** `/api/v1/messages/:id`; empty where no route fits. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

function tellApiRequests(tell: (request: ApiRequest) => void): Middleware {
  return async (ctx, next) => {
    const startedMs = performance.now();
    await next();
    const route: unknown = ctx._matchedRoute;
    if (!ctx.path.startsWith('/api/')) return;
    const ms = Math.round(performance.now() - startedMs);
    tell({ method: ctx.method, route: typeof route === 'string' ? route : '', status: ctx.status, ms });
  };
}

function passFront(front: Front) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const passed = front(ctx.req);
    if ('answer' in passed) return giveAnswer(ctx, passed.answer);
    await next();
  };
}

function failSafely(onProblem: (error: unknown) => void) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
    } catch (error) {
      if (isClientsFault(error)) return answerProblem(ctx, 400, 'The request ended before it was whole.');
      onProblem(error);
      if (!answerStoreProblem(ctx, error)) answerProblem(ctx, 500, 'The server could not answer. Its log says why.');
    }
  };
}

/** Broken off or malformed by who sent it: no problem of ours, and no line in a log for every port scanner. */
function isClientsFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('HPE_') || CLIENTS_FAULTS.has(code);
}

const CLIENTS_FAULTS = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);
