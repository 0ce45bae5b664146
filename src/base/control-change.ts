// The control state: what changes for mail that is sent already. It has one sequence of changes in the store, and each
// collector mirrors what they add up to.
import type { Consent } from './nouns.ts';

/** A link of a message. */
export interface LinkOfMessage {
  readonly message: string;
  /** From 0. */
  readonly index: number;
}

/** What can be revoked: a message with all its links, one link of it, or a host that any message's links lead to. */
export type Revocable =
  | { readonly kind: 'message'; readonly message: string }
  | ({ readonly kind: 'link' } & LinkOfMessage)
  /** As {@link parseHost} writes it. */
  | { readonly kind: 'host'; readonly host: string };

/** Where a link of a short-link set leads. */
export interface ShortDestination {
  readonly index: number;
  readonly destination: string;
  /** The name of the parameter in which a click id is added. @default none is added */
  readonly clickId?: string | undefined;
}

/** One change. */
export type ControlChange =
  | { readonly kind: 'revoked'; readonly of: Revocable }
  | { readonly kind: 'restored'; readonly of: Revocable }
  /** The link leads elsewhere now; reports keep the destination it was sent with. */
  | ({ readonly kind: 'destination'; readonly destination: string } & LinkOfMessage)
  | {
      readonly kind: 'short-links';
      readonly message: string;
      readonly set: string;
      readonly links: readonly ShortDestination[];
    }
  /** The most that may be learnt of a recipient, in all messages; a withdrawal is `none`. */
  | { readonly kind: 'consent'; readonly recipient: string; readonly consent: Consent }
  /** Nothing may be kept of a recipient; all that is left of the id is its tombstone, in hexadecimal. */
  | { readonly kind: 'erased'; readonly tombstone: string };

/** A change with its place in the sequence. */
export interface LoggedChange {
  readonly seq: number;
  readonly change: ControlChange;
}

/** A piece of the sequence. */
export interface ControlPage {
  /** Names the sequence for ever: another store has another. */
  readonly log: string;
  /** The key of its tombstones, 32 bytes. */
  readonly tombstoneKey: Buffer;
  /** The place of its last change; 0 when it has none. */
  readonly last: number;
  readonly changes: readonly LoggedChange[];
}

/** Erased recipients, as whoever holds ids can recognize them. */
export interface Erasures {
  /** Names the sequence, as in {@link ControlPage}. */
  readonly log: string;
  /** The place of the last of them; where one asked from when there is none. */
  readonly through: number;
  readonly tombstoneKey: Buffer;
  /** In hexadecimal, in no order. */
  readonly tombstones: readonly string[];
}
