// The core of a server, which has no Koa: what every request passes first, the collector, and what counts. It is there
// at once, while the pages and the API are still being loaded.
import type { Mirror } from '../control/open-mirror.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Collect } from './collect.ts';
import { type CollectorOptions, prepareCollect } from './collector.ts';
import type { ControlState } from './control-state.ts';
import { type Front, makeFront } from './front.ts';
import { type Metrics, makeMetrics } from './metrics.ts';
import type { Readiness } from './probes.ts';
import type { ClientWatch } from './watch-clients.ts';

export interface CoreOptions extends CollectorOptions {
  readonly journal: Pick<Journal, 'append' | 'counts' | 'status' | 'onCommit'>;
  readonly control?: (ControlState & Pick<Mirror, 'status'>) | undefined;
  /** Names under which the server answers, besides the base URL's and loopback names; ports do not matter. @default none */
  readonly hosts?: readonly string[] | undefined;
  /** Tells of the process too at `/metrics`: memory, event loop, garbage collection. @default false */
  readonly processMetrics?: boolean | undefined;
}

export interface Core {
  readonly front: Front;
  readonly collect: Collect;
  readonly watch: ClientWatch;
  readonly metrics: Metrics;
}

/** Puts the core together; `shared` are the figures of a service of several listeners. */
export function prepareCore(options: CoreOptions, shared?: Metrics): Core {
  const { tracker, journal, control, hosts = [], now = Date.now } = options;
  const { abuseContact, trustedProxies, networks, onHidden, onHiddenPeer, names, onIgnored = () => {} } = options;
  const { consents, onProblem, onNoClickId = () => {} } = options;
  const metrics = shared ?? makeMetrics({ journal, mirror: control, process: options.processMetrics });
  const front = makeFront([
    ...[tracker.baseUrl, ...(tracker.baseUrls ?? [])].map((url) => new URL(url).host),
    ...hosts,
  ]);
  const { collect, watch } = prepareCollect({
    attributionDays: options.attributionDays,
    ...{ tracker, journal, control, abuseContact, trustedProxies, networks, onHidden, onHiddenPeer, names, now },
    ...{ consents, onProblem },
    onIgnored(kind, reason) {
      metrics.countIgnored(kind, reason);
      onIgnored(kind, reason);
    },
    onNoClickId(reason) {
      metrics.countNoClickId(reason);
      onNoClickId(reason);
    },
  });
  return { front, collect, watch, metrics };
}

/** Whether the journal takes hits. */
export function journalReadiness(journal: Pick<Journal, 'status'>): Readiness {
  const { isFull, isFailing } = journal.status();
  return isFailing ? 'failing' : isFull ? 'full' : 'ready';
}
