// A store behind a line: each method is asked of whoever has the store open, in another thread or process.
import type { Store } from '../store/open-store.ts';
import type { StoreMethod } from './held-store.ts';

/** Asks for a method by its name. */
export type RunMethod = (method: StoreMethod, args: readonly unknown[]) => Promise<unknown>;

/** By which thread each method of a store runs. */
export const THREADS: Readonly<Record<StoreMethod, 'read' | 'write'>> = {
  recordSends: 'write',
  recordLinks: 'write',
  startSending: 'write',
  logSends: 'write',
  endSending: 'write',
  sendability: 'write',
  suppress: 'write',
  unsuppress: 'write',
  listSuppressions: 'read',
  // At once after it was written.
  suppressionOf: 'write',
  exportRecipient: 'read',
  recordDeliveries: 'write',
  addWebhook: 'write',
  removeWebhook: 'write',
  setConfiguredWebhooks: 'write',
  listWebhooks: 'read',
  dueWebhooks: 'read',
  takeNotices: 'write',
  endNotices: 'write',
  failNotices: 'write',
  replayNotices: 'write',
  recordMail: 'write',
  listMails: 'read',
  readMail: 'read',
  settle: 'write',
  settledThrough: 'write',
  noteWaiting: 'write',
  forgetPeers: 'write',
  retainStep: 'write',
  deleteMessage: 'write',
  sweepStep: 'write',
  leaveTombstone: 'write',
  eraseStep: 'write',
  scrub: 'write',
  describeMessage: 'write',
  countDue: 'read',
  countedSince: 'write',
  relabel: 'write',
  hidePeer: 'write',
  namePeer: 'write',
  createApiToken: 'write',
  revokeApiToken: 'write',
  // Asked by each start, which would wait for the reader.
  listApiTokens: 'write',
  scopeOfApiToken: 'read',
  findMessage: 'read',
  countsOf: 'read',
  linksOf: 'read',
  audiencesOf: 'read',
  usageOf: 'read',
  domainsOf: 'read',
  quarterSpanOf: 'read',
  quartersIn: 'read',
  recipientsOf: 'read',
  recipientOf: 'read',
  historyOf: 'read',
  eventsOf: 'read',
  listMessages: 'read',
  recordShortLinks: 'write',
  revoke: 'write',
  restore: 'write',
  correctLink: 'write',
  setConsent: 'write',
  consentsOf: 'read',
  eraseRecipient: 'write',
  listRevocations: 'read',
  changesAfter: 'read',
  erasuresAfter: 'read',
  conversionsOf: 'read',
  audienceIn: 'read',
  conversionQuartersIn: 'read',
  lastConversionOf: 'read',
  recordConversions: 'write',
  attributionRules: 'write',
  setAttributionRules: 'write',
};

/** Methods after which the control state may be another. */
const CONTROL_METHODS: ReadonlySet<string> = new Set<StoreMethod>([
  ...(['recordShortLinks', 'revoke', 'restore', 'correctLink', 'setConsent', 'eraseRecipient'] as const),
  'leaveTombstone',
]);

/** Makes the store; `run` carries the calls. */
export function remoteStore(options: {
  readonly url: string;
  readonly run: RunMethod;
  readonly close: () => Promise<void>;
  /** Called back when the control state may be another; whoever knows of changes by others calls them, too. @default none */
  readonly controlListeners?: Set<() => void>;
}): Store {
  const { url, run, close, controlListeners: listeners = new Set() } = options;
  const methods = Object.keys(THREADS).map((method) => [
    method,
    async (...args: readonly unknown[]) => {
      const result = await run(method as StoreMethod, args);
      if (CONTROL_METHODS.has(method)) for (const listener of listeners) listener();
      return result;
    },
  ]);
  return {
    ...(Object.fromEntries(methods) as Pick<Store, StoreMethod>),
    onControlChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    url,
    close,
  };
}
