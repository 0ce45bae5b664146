// A whole service in one process over one data directory. `serve` and the demo run it; an app of one's own mounts
// `collector` instead.
import type { Follower } from '../control/follow.ts';
import type { Control } from '../control/open-control.ts';
import type { Mirror } from '../control/open-mirror.ts';
import type { EngineStream } from '../engine/start-engine.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Notifier } from '../notify/start-notifier.ts';
import type { WebhookSettings } from '../notify/webhook-settings.ts';
import type { WebhookPolicy } from '../notify/webhook-target.ts';
import type { RetentionPolicy } from '../retain/age.ts';
import type { Retainer } from '../retain/start-retainer.ts';
import type { Settler } from '../settle/settler.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import type { ApiRequest } from './add-admin.ts';
import { allOf, makeClosers } from './closers.ts';
import { makeGuessLimit } from './guess-limit.ts';
import type { AnswerSettings } from './start-collecting.ts';
import { startKeeping } from './start-keeping.ts';

export interface ServiceOptions extends AnswerSettings {
  /** Null for none: hits are only forwarded, and what needs a store is answered 503. */
  readonly databaseUrl: string | null;
  /** The stream through which hits go to the store. @default they are settled here */
  readonly stream?: EngineStream | undefined;
  readonly keys: KeyRing;
  /** Milliseconds in which the same request of the same place counts once, at most 900,000. @default 0, each counts */
  readonly repeatWindowMs?: number | undefined;
  /** How long things are kept. @default raw signals 30 days, events 13 months */
  readonly retention?: RetentionPolicy | undefined;
  /** Who is told of events, besides those that the API adds, and where webhooks may go. @default nobody else */
  readonly webhooks?: WebhookSettings | undefined;
  /** Told of each request to the API. @default nothing */
  readonly onApiRequest?: ((request: ApiRequest) => void) | undefined;
  readonly onProblem: (error: unknown) => void;
}

export interface Service {
  readonly url: string;
  readonly baseUrl: string;
  /** Where the API answers, when that is a port of its own. */
  readonly adminUrl: string | undefined;
  readonly store: Store;
  readonly journal: Journal;
  readonly settler: Settler;
  /** Nothing without a store. */
  readonly retainer: Retainer | undefined;
  readonly notifier: Notifier | undefined;
  readonly control: Control & { readonly follower: Follower };
  /** Answers what was accepted, settles what was answered for a while, closes the files. */
  close(): Promise<void>;
}

const JOURNAL_NAME = 'journal.db';

/**
 * Starts a service.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `INVALID_OPTION`, `INVALID_JOURNAL`, `JOURNAL_IN_USE`, `INVALID_MIRROR`, `INVALID_BASE_URL`, `PORT_IN_USE`.
 */
export async function runService(options: ServiceOptions): Promise<Service> {
  const { adminPort, apiToken, trustedProxies, onApiRequest, onProblem } = options;
  const guesses = makeGuessLimit();
  const followsStore = options.databaseUrl !== null;
  const webhookPolicy = policyOf(options);
  const closers = makeClosers();
  let mirror: Mirror | undefined;
  try {
    const onCaughtUp = () => mirror?.refresh();
    // What answers is loaded, and opens its files, while a thread opens the store.
    const starting = startKeeping({ ...options, journals: [JOURNAL_NAME], onCaughtUp });
    const collecting = import('./start-collecting.ts').then(({ startCollecting }) =>
      startCollecting({
        ...options,
        followsStore,
        webhookPolicy,
        journalName: JOURNAL_NAME,
        keeping: starting,
        guesses,
      }),
    );
    const [kept, collected] = await Promise.allSettled([starting, collecting]);
    if (kept.status === 'rejected') throw kept.reason;
    const keeping = kept.value;
    closers.add(keeping.close);
    if (collected.status === 'rejected') throw collected.reason;
    const front = collected.value;
    const { store, follower, retainer, notifier } = keeping;
    mirror = front.control.mirror;
    closers.add(() => {
      mirror = undefined;
      return front.close();
    });
    const { url, baseUrl, journal, metrics } = front;
    const settler = await keeping.settle(journal);
    closers.add(() => allOf([settler.stop(), keeping.closeLeftovers()]));
    const { keys } = options;
    const shownTo = { store, keys, baseUrl, apiToken, trustedProxies, guesses, metrics, webhookPolicy };
    const forAdmin = { ...shownTo, onApiRequest, onProblem };
    const admin =
      adminPort === undefined ? undefined : await (await import('./add-admin.ts')).listenForAdmin(adminPort, forAdmin);
    closers.add(() => allOf([front.drain(), admin?.close()]));
    const control = { ...front.control, follower };
    const shown = { url, baseUrl, adminUrl: admin?.url };
    return { ...shown, store, journal, settler, retainer, notifier, control, close: closers.closeAll };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** Where webhooks may go, without who is told. */
export function policyOf({ webhooks }: Pick<ServiceOptions, 'webhooks'>): WebhookPolicy | undefined {
  return webhooks && { allowPrivate: webhooks.allowPrivate, ports: webhooks.ports };
}
