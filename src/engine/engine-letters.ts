// What the threads of the engine ask one another.
import type { VerdictRule } from '../classify/own-rules.ts';
import type { AsideEntry, PartitionPlace } from '../journal/open-journal.ts';
import type { StreamSettings } from '../stream/stream-settings.ts';
import type { StoreMethod } from './held-store.ts';

/** What both threads begin with. */
export interface StoreThreadData {
  readonly url: string;
}

/** What both threads are asked. */
export type StoreRequest =
  | { readonly kind: 'open' }
  | { readonly kind: 'run'; readonly method: StoreMethod; readonly args: readonly unknown[] }
  | { readonly kind: 'close' };

/** What the reading thread is asked. */
export type ReaderRequest = StoreRequest | { readonly kind: 'reopen' };

/** How an engine settles all its journals. */
export interface SettleSettings {
  readonly lookMs: number;
  readonly repeatWindowMs: number;
  /** The sender's own rules for verdicts. */
  readonly rules: readonly VerdictRule[];
}

/** What this process does with the stream. */
export interface StreamPart {
  readonly settles: boolean;
  readonly hasStore: boolean;
}

/** What the writing thread is asked; journals go by their ids. */
export type WriterRequest =
  | StoreRequest
  /** From now on, journals are forwarded; and what the stream has is settled, if this is one of its settlers. */
  | ({ readonly kind: 'stream'; readonly settings: StreamSettings } & StreamPart & SettleSettings)
  | { readonly kind: 'stream-status' }
  | ({ readonly kind: 'settle'; readonly id: string; readonly path: string } & SettleSettings)
  | { readonly kind: 'committed'; readonly id: string }
  | { readonly kind: 'settle-now'; readonly id: string }
  | { readonly kind: 'stop'; readonly id: string; readonly withinMs: number | undefined };

/** What the writing thread asks of whoever started it. */
export type OwnerRequest =
  | { readonly kind: 'prune'; readonly id: string; readonly through: number }
  | {
      readonly kind: 'forward';
      readonly id: string;
      readonly through: number;
      readonly places: readonly PartitionPlace[];
    }
  | { readonly kind: 'forwarded-places'; readonly id: string }
  | { readonly kind: 'set-aside'; readonly id: string; readonly entries: readonly AsideEntry[] }
  | { readonly kind: 'repair'; readonly id: string }
  | { readonly kind: 'problem'; readonly message: string }
  | { readonly kind: 'reopened' }
  | { readonly kind: 'control-changed' };
