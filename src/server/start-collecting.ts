// The front of a service, once in each of its processes: a journal of its own, the mirror of the control state, and a
// listener that answers the readers of mail, and the API unless that has a port of its own.
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseBaseUrls } from '../base/base-url.ts';
import type { AttributionRules } from '../base/conversion.ts';
import type { VerdictRule } from '../classify/own-rules.ts';
import { type Control, openControl } from '../control/open-control.ts';
import type { HookSettings } from '../deliveries/read-hooks.ts';
import { type Journal, openJournal } from '../journal/open-journal.ts';
import { type AccountedJournal, sumJournals } from '../journal/sum-journals.ts';
import { networksDirectory } from '../network-files/load-lists.ts';
import { openNetworks } from '../network-files/open-networks.ts';
import type { Networks } from '../networks/prepare-networks.ts';
import type { Notifier } from '../notify/start-notifier.ts';
import type { WebhookPolicy } from '../notify/webhook-target.ts';
import type { Retainer } from '../retain/start-retainer.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import type { ApiRequest } from './add-admin.ts';
import { answerFirst } from './answer-first.ts';
import { makeClosers } from './closers.ts';
import type { makeApp } from './create-app.ts';
import type { GuessLimit } from './guess-limit.ts';
import { type Listening, listen } from './listen.ts';
import { type Metrics, makeMetrics, type WebhookFigures } from './metrics.ts';
import type { Names, NamesOptions } from './open-names.ts';
import { journalReadiness, prepareCore } from './prepare-core.ts';
import { MIRROR_NAME } from './start-keeping.ts';
import type { StreamFigures } from './stream-metrics.ts';
import { CLIENT_PROBLEMS, type ClientProblem } from './watch-clients.ts';

/** How a service answers; plain values, which a worker can be told. */
export interface AnswerSettings {
  /** Holds the journals and the mirror of the control state; must exist. */
  readonly dataDirectory: string;
  /** @default where it listens */
  readonly baseUrl?: string | undefined;
  /** More addresses to which links of its mail lead. @default none */
  readonly baseUrls?: readonly string[] | undefined;
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  /** Where the pages, the API and `/metrics` answer, on 127.0.0.1; 0 picks one. @default at the same port as all else */
  readonly adminPort?: number | undefined;
  readonly apiToken?: string | undefined;
  /** Proxies in front: their number or addresses. @default none */
  readonly trustedProxies?: string | undefined;
  /** A database of network numbers in MaxMind's format. @default none */
  readonly asnDatabase?: string | undefined;
  /** Asks for the names of readers' addresses: at `system`, or at these DNS servers. @default none are asked for */
  readonly reverseDns?: string | undefined;
  /** The sender's own rules for verdicts; see docs/opens.md. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
  /** Providers that tell of deliveries; see docs/deliveries.md. @default none */
  readonly hooks?: HookSettings | undefined;
  /** Where webhooks may go that the API adds. @default public addresses, at ports 80 and 443 */
  readonly webhookPolicy?: WebhookPolicy | undefined;
  /** Which clicks conversions are attributed to. @default those of people within 7 days */
  readonly attribution?: AttributionRules | undefined;
  /** Whether a store is followed: without, what is in force is what the mirror held before. @default true */
  readonly followsStore?: boolean | undefined;
  /** More names under which it answers. @default none */
  readonly hosts?: readonly string[] | undefined;
}

export interface CollectingOptions extends AnswerSettings {
  /** The name of the journal's file. */
  readonly journalName: string;
  readonly keys: KeyRing;
  /** What keeps the hits; nobody is answered before it is there. */
  readonly keeping: Promise<KeepingShown>;
  readonly guesses: GuessLimit;
  /** Where other processes' figures are added to this one's. @default this one's alone */
  readonly metricsText?: () => Promise<string>;
  readonly onApiRequest?: ((request: ApiRequest) => void) | undefined;
  readonly onProblem: (error: unknown) => void;
}

/** What the front must know of what keeps the hits. */
export interface KeepingShown {
  readonly store: Store;
  /** False where the store that is followed was not there at the start. @default true */
  readonly isStoreThere?: boolean | undefined;
  /** Journals that are told of together with the front's own. */
  readonly leftovers: readonly AccountedJournal[];
  /** What runs retention, where it runs in this process. */
  readonly retainer?: Pick<Retainer, 'status'> | undefined;
  /** What tells endpoints of events, where it runs in this process. */
  readonly notifier?: Pick<Notifier, 'status'> | undefined;
  /** How it is with the stream, where this process forwards to one. */
  readonly streamStatus?: StreamFigures | undefined;
}

export interface Collecting {
  readonly url: string;
  readonly baseUrl: string;
  readonly journal: Journal;
  readonly control: Control;
  readonly metrics: Metrics;
  /** Listens no more and resolves when what was accepted is answered. */
  drain(): Promise<void>;
  /** Commits what waits and closes the files; drain first. */
  close(): Promise<void>;
}

/**
 * Starts the front of a service.
 *
 * @throws TelltaleError `INVALID_JOURNAL`, `JOURNAL_IN_USE`, `INVALID_MIRROR`, `INVALID_BASE_URL`, `PORT_IN_USE`.
 */
export async function startCollecting(options: CollectingOptions): Promise<Collecting> {
  const { dataDirectory, journalName, asnDatabase, metricsText, onProblem } = options;
  const closers = makeClosers();
  try {
    const journal = await openJournal(join(dataDirectory, journalName));
    closers.add(() => journal.close());
    const control = openControl({ path: join(dataDirectory, MIRROR_NAME), onProblem });
    closers.add(() => control.mirror.close());
    const networks = await openNetworks({ directory: networksDirectory(dataDirectory), asnDatabase, onProblem });
    closers.add(async () => networks.close());
    const { store, isStoreThere, leftovers, retainer, notifier, streamStatus } = await options.keeping;
    const told = {
      journal: sumJournals([journal, ...leftovers]),
      mirror: control.mirror,
      retainer,
      webhooks: toldBy(store, notifier),
      stream: streamStatus,
    };
    const own = makeMetrics({ ...told, process: true });
    const metrics = metricsText === undefined ? own : { ...own, text: metricsText };
    const names = await openNamesIfAsked(options, store, metrics);
    closers.add(() => names?.close());
    const parts = { journal, control, metrics, store, isStoreThere };
    const { listening, baseUrl } = await listenForReaders(options, parts, { networks, names });
    const { url } = listening;
    return { url, baseUrl, journal, control, metrics, drain: listening.close, close: closers.closeAll };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** What metrics tell of webhooks, in the process that tells them. */
function toldBy(store: Store, notifier: KeepingShown['notifier']): WebhookFigures | undefined {
  return notifier === undefined ? undefined : { list: () => store.listWebhooks(), status: notifier.status };
}

async function listenForReaders(
  options: CollectingOptions,
  parts: Pick<Collecting, 'journal' | 'control' | 'metrics'> & Pick<KeepingShown, 'store' | 'isStoreThere'>,
  known: { readonly networks: Networks; readonly names: Names | undefined },
): Promise<{ readonly listening: Listening; readonly baseUrl: string }> {
  const {
    keys,
    apiToken,
    trustedProxies,
    hosts = [],
    hooks,
    webhookPolicy,
    guesses,
    onApiRequest,
    onProblem,
  } = options;
  const { journal, control, metrics, store, isStoreThere = true } = parts;
  // Who never heard of the store waits for it; a minute is given to who has only just begun.
  const isBehind = () => !control.isFresh() || (!isStoreThere && control.mirror.status().seq === undefined);
  let baseUrl = '';
  const listening = await listen(options, (url, closing) => {
    const baseUrls = parseBaseUrls(options.baseUrl ?? url, options.baseUrls);
    [baseUrl] = baseUrls;
    const app = {
      ...{ tracker: { baseUrl, baseUrls, keys }, store, journal, control: control.mirror, apiToken, trustedProxies },
      ...known,
      consents: store,
      hosts: [new URL(url).host, ...hosts],
      attributionDays: options.attribution && options.attribution.windowMs / 86_400_000,
      readiness: () => (options.followsStore !== false && isBehind() ? 'behind' : journalReadiness(journal)),
      onHiddenPeer: ({ peer, atMs }: { readonly peer: string; readonly atMs: number }) =>
        void store.hidePeer(peer, atMs).catch(onProblem),
      onHidden: (problem: ClientProblem) => onProblem(new Error(CLIENT_PROBLEMS[problem])),
      ...{ hooks, webhookPolicy, onApiRequest, onProblem, closing },
    } as const;
    const core = prepareCore(app, metrics);
    return answerFirst(core, loadApp(core, app, { guesses, isPublic: options.adminPort !== undefined }), onProblem);
  });
  return { listening, baseUrl };
}

async function openNamesIfAsked(
  { reverseDns, rules, onProblem }: CollectingOptions,
  store: Store,
  metrics: Pick<Metrics, 'countName'>,
): Promise<Names | undefined> {
  if (reverseDns === undefined) return undefined;
  const { openNames } = await import('./open-names.ts');
  const onName: NamesOptions['onName'] = (peer, named) => store.namePeer(peer, named);
  return openNames({ servers: reverseDns, rules, onName, onOutcome: metrics.countName, onProblem });
}

/** What takes longest to load of what answers everybody else. */
const HEAVY = [
  () => import('koa'),
  () => import('@koa/router'),
  () => import('zod'),
  () => import('./api-schemas.ts'),
  () => import('./openapi.ts'),
  () => import('./page-routes.ts'),
];

/** Readers of mail are answered while what answers everybody else is loaded: one by one, and between any two of them. */
async function loadApp(...of: Parameters<typeof makeApp>): Promise<RequestListener> {
  for (const load of HEAVY) {
    await load();
    await nextTurn();
  }
  return (await import('./create-app.ts')).makeApp(...of).callback();
}
