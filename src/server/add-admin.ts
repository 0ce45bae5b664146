// What is for the sender and not for the readers of mail: the pages, the API and `/metrics`. At the port of the collector,
// or at one of its own.
import type Koa from 'koa';
import type { Context, Middleware } from 'koa';
import type { WebhookPolicy } from '../notify/webhook-target.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { answerApi, apiRoutes } from './api.ts';
import { authorise } from './api-auth.ts';
import { prepareAddressOf } from './client-address.ts';
import { makeFront } from './front.ts';
import type { GuessLimit } from './guess-limit.ts';
import { type Listening, listen } from './listen.ts';
import { makeLive } from './live.ts';
import { answerNothingHere, makeKoa } from './make-koa.ts';
import type { Metrics } from './metrics.ts';
import { answerOpenApi } from './openapi.ts';
import { pageRoutes } from './page-routes.ts';
import { answerMetrics } from './probes.ts';

export interface AdminParts {
  readonly store: Store;
  /** Seal the sessions of the pages. */
  readonly keys: KeyRing;
  /** Below whose path the pages stand, too. */
  readonly baseUrl: string;
  /** One more admin token for the API, kept nowhere. */
  readonly apiToken: string | undefined;
  readonly trustedProxies: string | undefined;
  readonly guesses: GuessLimit;
  readonly metrics: Pick<Metrics, 'countRefused' | 'contentType' | 'text'>;
  readonly now: () => number;
  /** Where webhooks may go. */
  readonly webhookPolicy: WebhookPolicy | undefined;
  /** Told of each request to the API. */
  readonly onApiRequest: ((request: ApiRequest) => void) | undefined;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal | undefined;
  readonly onProblem: (error: unknown) => void;
}

/** A request to the API as it may be logged: nothing of it that the caller chose, but for the method. */
export interface ApiRequest {
  readonly method: string;
  /** `/api/v1/messages/:id`; empty where no route fits. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

/** Adds the routes to an app. */
export function addAdmin(app: Koa, parts: AdminParts): void {
  const { store, keys, baseUrl, apiToken, guesses, metrics, now, onApiRequest, closing, onProblem } = parts;
  const addressOf = prepareAddressOf(parts.trustedProxies ?? '');
  const auth = { store, extraToken: apiToken, addressOf, guesses, countRefused: metrics.countRefused };
  const mayRead = async (ctx: Context) => (await authorise(ctx, 'read', auth)) !== undefined;
  app.use(answerMetrics(metrics, mayRead, addressOf));
  if (onApiRequest !== undefined) app.use(tellApiRequests(onApiRequest));
  const live = makeLive({ source: store, closing, onProblem });
  const routes = apiRoutes({ store, keys, live, now, webhookPolicy: parts.webhookPolicy });
  app.use(answerOpenApi(routes));
  app.use(answerApi(routes, auth));
  app.use(pageRoutes({ store, auth, keys, baseUrl, live, now }));
}

/**
 * Listens for the sender alone, on this machine.
 *
 * @throws TelltaleError `PORT_IN_USE`.
 */
export async function listenForAdmin(port: number, parts: Omit<AdminParts, 'now' | 'closing'>): Promise<Listening> {
  return await listen({ host: ADMIN_HOST, port, setBy: '--admin-port' }, (_, closing) => {
    const app = makeKoa(makeFront([]), parts.onProblem);
    addAdmin(app, { ...parts, closing, now: Date.now });
    app.use(answerNothingHere);
    return app.callback();
  });
}

const ADMIN_HOST = '127.0.0.1';

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
