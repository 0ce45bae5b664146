// The whole server as a Koa app: the collector, the API and the two probes.
import Koa, { type Context, type Next } from 'koa';
import { checkOptionNames } from '../base/options.ts';
import type { Store } from '../store/open-store.ts';
import { giveAnswer } from './answer.ts';
import { apiRoutes } from './api.ts';
import type { Collect } from './collect.ts';
import { asMiddleware, COLLECTOR_OPTIONS, type CollectorOptions, prepareCollect } from './collector.ts';
import { type Front, makeFront } from './front.ts';
import { answerProblem } from './problem.ts';

export interface AppOptions extends CollectorOptions {
  readonly store: Store;
  /** Names under which the server answers, besides the base URL's and loopback names; ports do not matter. @default none */
  readonly hosts?: readonly string[] | undefined;
  /** One more admin token for the API, kept nowhere. @default none */
  readonly apiToken?: string | undefined;
  /** What `/readyz` says. @default always ready */
  readonly isReady?: (() => boolean) | undefined;
  /** Told of failures while answering. @default nothing */
  readonly onProblem?: ((error: unknown) => void) | undefined;
}

/** Makes the app; listen with `http.createServer(app.callback())`. */
export function createApp(options: AppOptions): Koa {
  checkOptionNames(options, APP_OPTIONS, 'createApp');
  return assemble(options).app;
}

const APP_OPTIONS = [...COLLECTOR_OPTIONS, 'store', 'hosts', 'apiToken', 'isReady', 'onProblem'];

/** The parts of a server: the app, and what a listener may ask before it. */
export interface Assembled {
  readonly app: Koa;
  readonly front: Front;
  readonly collect: Collect;
}

/** Puts the parts together. */
export function assemble(options: AppOptions): Assembled {
  const { store, apiToken, hosts = [], isReady = () => true, onProblem = () => {}, ...forCollector } = options;
  const front = makeFront([new URL(options.tracker.baseUrl).host, ...hosts]);
  const collect = prepareCollect(forCollector);
  const app = new Koa();
  // Koa would print the request; what a stranger sent belongs in no log.
  app.silent = true;
  app.on('error', (error) => {
    if (!isClientsFault(error)) onProblem(error);
  });
  app.use(failSafely(onProblem));
  app.use(passFront(front));
  app.use(asMiddleware(collect));
  app.use(answerProbes(isReady));
  app.use(apiRoutes({ store, auth: { store, extraToken: apiToken }, now: options.now ?? Date.now }));
  app.use(async (ctx) => answerProblem(ctx, 404, 'There is nothing at this path.'));
  return { app, front, collect };
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
      answerProblem(ctx, 500, 'The server could not answer. Its log says why.');
    }
  };
}

/** Broken off or malformed by who sent it: no problem of ours, and no line in a log for every port scanner. */
function isClientsFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('HPE_') || CLIENTS_FAULTS.has(code);
}

const CLIENTS_FAULTS = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/** `/healthz`: the process answers. `/readyz`: it takes hits, and knows what is in force. One word each. */
function answerProbes(isReady: () => boolean) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const isProbe = ctx.path === '/healthz' || ctx.path === '/readyz';
    if (!isProbe || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    const isGood = ctx.path === '/healthz' || isReady();
    ctx.set('Cache-Control', 'no-store');
    ctx.status = isGood ? 200 : 503;
    ctx.body = ctx.path === '/healthz' ? 'ok' : isGood ? 'ready' : 'behind';
  };
}
