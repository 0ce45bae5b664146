// What the processes of a service ask one another.
import type { StoreMethod } from '../engine/held-store.ts';
import type { EraseRequest } from '../journal/erase-entries.ts';
import type { AsideEntry, PartitionPlace } from '../journal/open-journal.ts';
import type { KeyRingJson } from '../token/key-ring.ts';
import type { ApiRequest } from './add-admin.ts';
import type { AnswerSettings } from './start-collecting.ts';

/** What the primary asks of a worker. */
export type WorkerRequest =
  | { readonly kind: 'start'; readonly settings: WorkerSettings }
  | { readonly kind: 'keys'; readonly ring: KeyRingJson }
  | { readonly kind: 'prune'; readonly through: number }
  | { readonly kind: 'forward'; readonly through: number; readonly places: readonly PartitionPlace[] }
  | { readonly kind: 'forwarded-places' }
  | { readonly kind: 'set-aside'; readonly entries: readonly AsideEntry[] }
  | { readonly kind: 'repair' }
  | { readonly kind: 'erase'; readonly request: EraseRequest }
  | { readonly kind: 'figures' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'close' };

export interface WorkerSettings extends AnswerSettings {
  readonly journalName: string;
  readonly storeUrl: string;
  readonly isStoreThere: boolean;
  readonly ring: KeyRingJson;
}

/** What a worker says once it listens. */
export interface WorkerStarted {
  readonly url: string;
  readonly baseUrl: string;
  readonly journal: { readonly id: string; readonly path: string };
}

/** What a worker asks of the primary. */
export type PrimaryRequest =
  | { readonly kind: 'ready' }
  | { readonly kind: 'run'; readonly method: StoreMethod; readonly args: readonly unknown[] }
  | { readonly kind: 'committed' }
  | { readonly kind: 'metrics' }
  | { readonly kind: 'guess-wait'; readonly address: string }
  | { readonly kind: 'guessed'; readonly address: string }
  | { readonly kind: 'api-request'; readonly request: ApiRequest }
  | { readonly kind: 'problem'; readonly message: string };
