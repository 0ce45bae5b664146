// What reports need of a store: kept counts, whose cost does not grow with events. Declared here, where it is used.
import type { Label } from '../base/nouns.ts';
import type { Device } from '../classify/mail-clients.ts';
import type { AudienceCell } from '../stats/audience.ts';

/** Counts of one message for opens or clicks, by label, and over all labels or those that mean a person. */
export interface CountRow {
  readonly kind: 'open' | 'click';
  readonly label: Label | 'all' | 'people';
  readonly total: number;
  /** Recipients with at least one. */
  readonly recipients: number;
  /** Hits that carry no recipient, by consent. */
  readonly anonymous: number;
}

export interface LinkRow {
  readonly index: number;
  readonly destination: string;
  readonly name: string | null;
  readonly total: number;
  readonly recipients: number;
  readonly people: number;
}

/** Opens or clicks that were made with a client on a device, as far as both are known. */
export interface UsageRow {
  readonly kind: 'open' | 'click';
  readonly client: string | null;
  readonly device: Device | null;
  readonly total: number;
}

export interface MessageRow {
  readonly id: string;
  readonly name: string | null;
  readonly firstSentAtMs: number | null;
  readonly sent: number;
  /** Recipients whose consent lets their opens, or clicks, be counted one by one. */
  readonly measurableOpens: number;
  readonly measurableClicks: number;
  readonly unsubscribes: number;
  /** Opens and clicks that came through a proxy which says nothing of the reader. */
  readonly hidden: number;
}

/** Recipients of a message and of earlier ones, by who they are and what was seen of them. */
export interface MessageAudiences {
  readonly message: readonly AudienceCell[];
  readonly earlier: readonly (readonly AudienceCell[])[];
}

export interface ReportSource {
  /** The message, or nothing when it was never seen. */
  findMessage(id: string): Promise<MessageRow | undefined>;
  countsOf(id: string): Promise<readonly CountRow[]>;
  /** The audience of the message, and of messages before it that were sent, at most `earlierMax`, the last first. */
  audiencesOf(id: string, earlierMax: number): Promise<MessageAudiences>;
  /** With what the message was opened and clicked. */
  usageOf(id: string): Promise<readonly UsageRow[]>;
  /** Links by index, registered or clicked; at most `limit`. */
  linksOf(id: string, limit: number): Promise<readonly LinkRow[]>;
  /** Messages, newest first, after the place of an earlier page. */
  listMessages(page: { readonly after: number | null; readonly limit: number }): Promise<readonly ListedMessage[]>;
}

export interface ListedMessage {
  readonly id: string;
  /** The place of this row, for the next page. */
  readonly place: number;
}
