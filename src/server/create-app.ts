// The whole server as a Koa app: the collector, the pages and the API of the sender, and what watches them.
import type Koa from 'koa';
import { checkOptionNames } from '../base/options.ts';
import type { HookSettings } from '../deliveries/read-hooks.ts';
import type { FetchSns } from '../deliveries/verify-sns.ts';
import type { WebhookPolicy } from '../notify/webhook-target.ts';
import type { Store } from '../store/open-store.ts';
import { type ApiRequest, addAdmin } from './add-admin.ts';
import { asMiddleware, COLLECTOR_OPTIONS } from './collector.ts';
import { fetchSns } from './fetch-sns.ts';
import { type GuessLimit, makeGuessLimit } from './guess-limit.ts';
import { answerHooks } from './hook-routes.ts';
import { answerNothingHere, makeKoa } from './make-koa.ts';
import { type Core, type CoreOptions, journalReadiness, prepareCore } from './prepare-core.ts';
import { answerProbes, type Readiness } from './probes.ts';

export interface AppOptions extends CoreOptions {
  readonly store: Store;
  /** One more admin token for the API, kept nowhere. @default none */
  readonly apiToken?: string | undefined;
  /** What `/readyz` says. @default whether the journal takes hits */
  readonly readiness?: (() => Readiness) | undefined;
  /** Told of each request to the API: the method, the route (not the path), the status. @default nothing */
  readonly onApiRequest?: ((request: ApiRequest) => void) | undefined;
  /** Providers that tell of deliveries at `/hooks/`; see docs/deliveries.md. @default none */
  readonly hooks?: HookSettings | undefined;
  /** Asks Amazon SNS for a certificate, or to confirm a subscription. @default over https */
  readonly fetchSns?: FetchSns | undefined;
  /** Where webhooks may go that the API adds. @default public addresses, at ports 80 and 443 */
  readonly webhookPolicy?: WebhookPolicy | undefined;
  /** Aborted when the server closes: answers that have no end of their own (live figures) end then. @default never */
  readonly closing?: AbortSignal | undefined;
  /** Told of failures while answering. @default nothing */
  readonly onProblem?: ((error: unknown) => void) | undefined;
}

/** Makes the app; listen with `http.createServer(app.callback())`. */
export function createApp(options: AppOptions): Koa {
  checkOptionNames(options, APP_OPTIONS, 'createApp');
  return makeApp(prepareCore({ consents: options.store, ...options }), options);
}

const APP_OPTIONS = [
  ...COLLECTOR_OPTIONS,
  ...[
    'store',
    'hosts',
    'apiToken',
    'readiness',
    'processMetrics',
    'onApiRequest',
    'hooks',
    'fetchSns',
    'webhookPolicy',
    'closing',
  ],
  'onProblem',
];

/** What the listeners and processes of one service share, and a single app has for itself. */
export interface SharedParts {
  readonly guesses?: GuessLimit;
  /** Leaves the pages, the API and `/metrics` to another listener. @default false */
  readonly isPublic?: boolean;
}

/** Makes the app around a core. */
export function makeApp(core: Core, options: AppOptions, shared: SharedParts = {}): Koa {
  const { store, tracker, journal, apiToken, trustedProxies, now = Date.now, onApiRequest, closing } = options;
  const { guesses = makeGuessLimit(), isPublic = false } = shared;
  const { front, collect, watch, metrics } = core;
  const onProblem = options.onProblem ?? (() => {});
  const app = makeKoa(front, onProblem);
  app.use(asMiddleware(collect));
  const readiness = options.readiness ?? (() => journalReadiness(journal));
  app.use(answerProbes(readiness, () => watch.problem() !== undefined));
  const { keys, baseUrl } = tracker;
  if (options.hooks !== undefined) {
    const { hooks: settings, fetchSns: fetchFrom = fetchSns } = options;
    const { countTold } = metrics;
    app.use(answerHooks({ settings, fetchSns: fetchFrom, store, keys, baseUrl, countTold, now, onProblem }));
  }
  if (!isPublic) {
    const { webhookPolicy } = options;
    const shown = { store, keys, baseUrl, apiToken, trustedProxies, guesses, metrics, webhookPolicy };
    addAdmin(app, { ...shown, now, onApiRequest, closing, onProblem });
  }
  app.use(answerNothingHere);
  return app;
}
