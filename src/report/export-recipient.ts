// All that is stored of one recipient, for whoever asks what is known of them: read at once, so that it fits together.

import type { Proof } from '../base/conversion.ts';
import type { Amount } from '../base/money.ts';
import type { Consent, ConsentLevel, HitKind, Label, NetworkKind, SendEnd, SuppressionReason } from '../base/nouns.ts';
import type { RecipientHits } from './recipient-hits.ts';

export interface RecipientExport {
  readonly recipient: string;
  /** Whether a tombstone is all that is left of them. */
  readonly erased: boolean;
  /** The most that may be learnt of them; null when nobody said so. */
  readonly consent: Consent | null;
  /** What was recorded of their consent, the oldest first. */
  readonly consents: readonly ExportedConsent[];
  readonly suppression: {
    readonly reason: SuppressionReason;
    readonly source: string | null;
    readonly at: string;
  } | null;
  /** Orders that are known to be theirs, the oldest first. */
  readonly conversions: readonly ExportedConversion[];
  /** Events of theirs that webhooks are still to tell, as they will be told. */
  readonly notices: readonly unknown[];
  /** What is known of them by message, the oldest message first. */
  readonly messages: readonly ExportedMessage[];
}

export interface ExportedConsent extends Consent {
  readonly purpose: string;
  readonly source: string;
  readonly at: string;
  readonly recordedAt: string;
  readonly by: string;
}

export interface ExportedConversion {
  readonly order: string;
  readonly at: string;
  /** By what it is known: a pixel, a value that the shop sealed, or the API. */
  readonly proof: Proof;
  /** The click that it came with. */
  readonly message: string | null;
  readonly link: number | null;
  readonly clickedAt: string | null;
  readonly value: Amount | null;
  readonly refunded: Amount | null;
  readonly test: boolean;
}

export interface ExportedMessage {
  /** Null for one that was deleted, whose rows are about to go. */
  readonly message: string | null;
  readonly name: string | null;
  readonly send: {
    readonly at: string;
    readonly domain: string | null;
    readonly opens: ConsentLevel;
    readonly clicks: ConsentLevel;
  } | null;
  readonly handOver: { readonly state: 'begun' | SendEnd; readonly at: string; readonly reply: number | null } | null;
  /** What became of the mail; `at` is null where nobody said when. */
  readonly delivery: {
    readonly state: 'delivered' | 'bounced' | 'deferred' | 'unknown';
    readonly at: string | null;
    readonly complainedAt: string | null;
  } | null;
  readonly opens: RecipientHits;
  readonly clicks: RecipientHits;
  readonly links: readonly {
    readonly index: number;
    readonly destination: string;
    readonly total: number;
    readonly people: number;
  }[];
  readonly unsubscribedAt: string | null;
  readonly events: readonly ExportedEvent[];
}

/** A hit with its verdict. What was made of the request itself is empty or null once it is not kept any more. */
export interface ExportedEvent {
  readonly id: string;
  readonly event: HitKind;
  readonly at: string;
  readonly link: number | null;
  readonly destination: string | null;
  readonly label: Label;
  readonly confidence: number;
  readonly reasons: readonly string[];
  readonly rulesVersion: string;
  readonly userAgent: string | null;
  readonly method: string | null;
  readonly network: NetworkKind;
  /** The end of the name of the address. */
  readonly host: string | null;
  /** Stands for the address for 15 minutes; in hexadecimal. */
  readonly peer: string | null;
  readonly repeat: boolean;
  readonly test: boolean;
}

/** What an export needs of a store. */
export interface ExportSource {
  /** All that is stored of a recipient, as of one moment; nothing when nobody heard of them. */
  exportRecipient(recipient: string): Promise<RecipientExport | undefined>;
}
