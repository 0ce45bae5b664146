// What reports need of a store: kept counts, whose cost does not grow with events, and lists by key, a bounded page at a
// time. Declared here, where it is used.
import type { AttributionModel } from '../base/conversion.ts';
import type { HitKind, Label, NetworkKind } from '../base/nouns.ts';
import type { Device } from '../classify/mail-clients.ts';
import type { AudienceCell } from '../stats/audience.ts';
import type { ConversionCountRow, ConversionSumRow } from './conversion-figures.ts';
import type { Criterion } from './read-criteria.ts';

/** Counts of one message for opens or clicks: by label, over all labels or those that mean a person, and of test traffic. */
export interface CountRow {
  readonly kind: 'open' | 'click';
  readonly label: Label | 'all' | 'people' | 'test';
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
  /** Of the total, hits that carry no recipient. */
  readonly anonymous: number;
}

/** Opens or clicks that were made with a client on a device, as far as both are known. */
export interface UsageRow {
  readonly kind: 'open' | 'click';
  readonly client: string | null;
  readonly device: Device | null;
  readonly total: number;
  /** Of the total, hits that carry no recipient. */
  readonly anonymous: number;
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
  /** A decimal number. */
  readonly cost: string | null;
  readonly currency: string | null;
  /** Recipients whose mail arrived, or bounced, as far as that was told, and who reported it as spam. */
  readonly delivered: number;
  readonly bounces: number;
  readonly complaints: number;
}

/** Recipients of a message at one mail domain. */
export interface DomainRow {
  readonly domain: string;
  readonly sent: number;
  readonly opened: number;
  readonly clicked: number;
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
  /** The largest domains of recipients, and all domains together. */
  domainsOf(
    id: string,
    limit: number,
  ): Promise<{ readonly all: Omit<DomainRow, 'domain'>; readonly rows: readonly DomainRow[] }>;
  /** The first and the last UTC quarter hour (milliseconds / 900,000) with a hit; nothing without any. */
  quarterSpanOf(id: string): Promise<{ readonly first: number; readonly last: number } | undefined>;
  /** Sums of conversions by model, proof, link and currency. */
  conversionsOf(id: string): Promise<readonly ConversionCountRow[]>;
  /** The same within spans of quarter hours; `at` is the place of the span. */
  conversionQuartersIn(
    id: string,
    spans: readonly QuarterSpan[],
  ): Promise<readonly (ConversionSumRow & { readonly at: number })[]>;
  /** The last UTC quarter hour with a conversion, attributed so; nothing without any. */
  lastConversionOf(id: string, model: AttributionModel): Promise<number | undefined>;
  /** Totals within spans of quarter hours; `at` is the place of the span. Few hits without a recipient in one are left out. */
  quartersIn(id: string, spans: readonly QuarterSpan[]): Promise<readonly QuarterRow[]>;
  /** Messages in the order that is asked for, after the place of an earlier page. */
  listMessages(page: MessageQuery): Promise<readonly ListedMessage[]>;
  /** Recipients in the order of their keys; looks at a bounded number, so a page may be short and have a `next`. */
  recipientsOf(
    id: string,
    page: { readonly filter: RecipientFilter; readonly after: string | null; readonly limit: number },
  ): Promise<{ readonly rows: readonly RecipientStates[]; readonly next: string | null }>;
  /** Ids of recipients who may be mailed and did all of `who` and none of `not`; a page may be short and have a `next`. */
  audienceIn(query: AudienceQuery): Promise<{ readonly rows: readonly string[]; readonly next: string | null }>;
  /** One recipient of a message; nothing when the message knows none of that id. */
  recipientOf(id: string, recipient: string): Promise<RecipientStates | undefined>;
  /** Messages that know a recipient, newest first; nothing when the store never heard of it. */
  historyOf(
    recipient: string,
    page: { readonly after: number | null; readonly limit: number },
  ): Promise<{ readonly rows: readonly MessageStates[]; readonly next: number | null } | undefined>;
  /** Events of a message in the order of time; looks at a bounded number, so a page may be short and have a `next`. */
  eventsOf(
    id: string,
    page: EventQuery,
  ): Promise<{ readonly rows: readonly StoredEventRow[]; readonly next: string | null }>;
}

export interface AudienceQuery {
  /** At least one. */
  readonly who: readonly Criterion[];
  readonly not: readonly Criterion[];
  /** Whether what machines did counts, too. */
  readonly machines: boolean;
  readonly after: string | null;
  readonly limit: number;
}

/** From one quarter hour up to another, which is not in it. */
export interface QuarterSpan {
  readonly from: number;
  readonly before: number;
}

export interface QuarterRow {
  readonly at: number;
  readonly kind: 'open' | 'click';
  readonly label: Label;
  readonly total: number;
}

/** Ways to sort messages: when they were first heard of, by name or id, by numbers of recipients. */
export const MESSAGE_SORTS = ['newest', 'name', 'sent', 'opened', 'clicked'] as const;
export type MessageSort = (typeof MESSAGE_SORTS)[number];

export interface MessageQuery {
  readonly sort: MessageSort;
  /** Text in the id or the name; empty for all. */
  readonly search: string;
  readonly after: MessagePlace | null;
  readonly limit: number;
}

/** Where a message stands in a list: what it is sorted by, and its number. */
export interface MessagePlace {
  readonly by: string | number;
  readonly key: number;
}

/** A message with the counts that a list shows. */
export interface ListedMessage extends MessageRow {
  readonly opens: ListedCounts;
  readonly clicks: ListedCounts;
  readonly place: MessagePlace;
}

/** `recipients` of any hit, `people` of one by a person. */
export interface ListedCounts {
  readonly total: number;
  readonly recipients: number;
  readonly people: number;
  /** Of the total, hits that carry no recipient. */
  readonly anonymous: number;
}

/** Who is looked for: by what a person did, `nothing` when none of it. */
export const RECIPIENT_FILTERS = ['all', 'opened', 'clicked', 'nothing', 'unsubscribed'] as const;
export type RecipientFilter = (typeof RECIPIENT_FILTERS)[number];

/** Hits of one recipient in one message; times are null without any. */
export interface HitStates {
  readonly byLabel: Readonly<Record<Label, number>>;
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
}

/** What a message knows of a recipient. */
interface SendStates {
  readonly sentAtMs: number | null;
  readonly opens: HitStates;
  readonly clicks: HitStates;
  readonly unsubscribedAtMs: number | null;
}

export interface RecipientStates extends SendStates {
  readonly recipient: string;
  readonly domain: string | null;
}

export interface MessageStates extends SendStates {
  readonly message: string;
  readonly name: string | null;
}

export interface EventQuery {
  /** The id of a hit, in hexadecimal. */
  readonly after: string | null;
  /** Milliseconds; `beforeMs` is not in it. */
  readonly fromMs: number | null;
  readonly beforeMs: number | null;
  readonly isTestIncluded: boolean;
  readonly limit: number;
}

/** An event as it is stored; `agent` and `method` are empty once the raw signals are gone. */
export interface StoredEventRow {
  readonly id: string;
  readonly recipient: string | null;
  readonly kind: HitKind;
  readonly atMs: number;
  readonly link: number | null;
  readonly destination: string | null;
  readonly label: Label;
  readonly confidence: number;
  readonly reasons: readonly string[];
  readonly rulesVersion: string;
  readonly agent: string;
  readonly method: string;
  readonly network: NetworkKind;
  readonly repeat: boolean;
  readonly test: boolean;
}
