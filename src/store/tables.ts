// The tables, as Kysely sees them. Texts that repeat (user agents, destinations, methods) stand once in `texts`, verdicts
// once in `verdicts`; kinds, labels and levels are small numbers (codes.ts).
import type { Generated } from 'kysely';

/** The number of the empty text, which stands for texts that were removed. */
export const NO_TEXT = 0;

export interface Tables {
  readonly messages: MessageTable;
  readonly deleted_messages: DeletedMessageTable;
  readonly recipients: RecipientTable;
  readonly secrets: SecretTable;
  readonly verdicts: VerdictTable;
  readonly own_rules: OwnRuleTable;
  readonly texts: TextTable;
  readonly sends: SendTable;
  readonly send_log: SendLogTable;
  readonly send_runs: SendRunTable;
  readonly links: LinkTable;
  readonly mails: MailTable;
  readonly events: EventTable;
  readonly kept_peers: KeptPeerTable;
  readonly kept_events: KeptEventTable;
  readonly known_peers: KnownPeerTable;
  readonly clock: ClockTable;
  readonly states: StateTable;
  readonly link_states: LinkStateTable;
  readonly counts: CountTable;
  readonly link_counts: LinkCountTable;
  readonly quarter_counts: QuarterCountTable;
  readonly usage_counts: UsageCountTable;
  readonly audiences: AudienceTable;
  readonly domain_counts: DomainCountTable;
  readonly unsubscribes: UnsubscribeTable;
  readonly suppressions: SuppressionTable;
  readonly journals: JournalTable;
  readonly api_tokens: ApiTokenTable;
  readonly control_log: ControlLogTable;
  readonly control_changes: ControlChangeTable;
  readonly consents: ConsentTable;
  readonly deliveries: DeliveryTable;
  readonly seen_deliveries: SeenDeliveryTable;
  readonly webhooks: WebhookTable;
  readonly outbox: OutboxTable;
  readonly attribution: AttributionTable;
  readonly conversions: ConversionTable;
  readonly conversion_touches: ConversionTouchTable;
  readonly conversion_counts: ConversionCountTable;
  readonly conversion_quarters: ConversionQuarterTable;
}

/** With what was sent of it and who left by it, counted in the transactions that record both. */
interface MessageTable {
  readonly key: Generated<number>;
  readonly id: string;
  readonly name: Generated<string | null>;
  readonly created_at_ms: number;
  readonly sent: Generated<number>;
  readonly first_sent_at_ms: Generated<number | null>;
  /** Of sends of which it is known when they were; a hit long after it needs no look at its send. */
  readonly last_sent_at_ms: Generated<number | null>;
  /** Sends whose opens, and whose clicks, may be known one by one. */
  readonly measurable_opens: Generated<number>;
  readonly measurable_clicks: Generated<number>;
  readonly unsubscribes: Generated<number>;
  /** Opens and clicks that came through a proxy which says nothing of the reader. */
  readonly hidden: Generated<number>;
  /** Links of the mail; null until a hit of one has said so. */
  readonly link_count: Generated<number | null>;
  /** What it cost, as a decimal number, and the ISO 4217 code of the currency; both or neither. */
  readonly cost: Generated<string | null>;
  readonly currency: Generated<string | null>;
  /** Recipients by what was said of their mail first, and those who complained. */
  readonly delivered: Generated<number>;
  readonly bounces: Generated<number>;
  readonly complaints: Generated<number>;
  /** Of deliveries of which it is known when they were. */
  readonly last_delivered_at_ms: Generated<number | null>;
}

/** A message that is gone, some of whose rows may still be there; its number is never given again. */
interface DeletedMessageTable {
  readonly key: number;
}

/** `key` is a keyed hash of the id (recipient-keys.ts): the same in every table and on every machine. */
interface RecipientTable {
  readonly key: Buffer;
  /** Text; a UUID as its 16 bytes. */
  readonly id: string | Buffer;
}

/** Random keys of this store, by name. */
interface SecretTable {
  readonly name: string;
  readonly secret: Buffer;
}

/** A verdict that was given, with all that belongs to it. */
interface VerdictTable {
  readonly key: Generated<number>;
  readonly label: number;
  readonly confidence: number;
  /** Ids of rules, a blank between two. */
  readonly reasons: string;
  readonly rules_version: string;
}

/** Rules of the sender's own by which verdicts were given, under what their rules version has of them. */
interface OwnRuleTable {
  readonly version: string;
  /** JSON. */
  readonly rules: string;
}

interface TextTable {
  /** {@link NO_TEXT} is the empty text, always there. */
  readonly key: Generated<number>;
  readonly text: string;
  /** Of texts that are only user agents and methods: the UTC day of the last hit that came with it. Null for all others. */
  readonly last_day: number | null;
}

interface SendTable {
  readonly message_key: number;
  readonly recipient_key: Buffer;
  readonly at_ms: number;
  /** 0 where nobody said when it was sent: `at_ms` is then when it was recorded, and no rule goes by it. */
  readonly timed: number;
  readonly domain_key: number | null;
  readonly opens: number;
  readonly clicks: number;
  /** Where the estimate counts this recipient (audience-rows.ts); null when opens may not be counted one by one. */
  readonly cohort: number | null;
}

/** What became of handing a mail over (send-log-rows.ts). A send is counted in `sends` alone. */
interface SendLogTable {
  readonly message_key: number;
  readonly recipient_key: Buffer;
  readonly state: number;
  /** When it began, or ended. */
  readonly at_ms: number;
  /** The code of the mail server's reply. */
  readonly reply: number | null;
}

/** A message that is being sent, and who does it. */
interface SendRunTable {
  readonly message_key: number;
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** It has ended by then, unless it says otherwise before. */
  readonly until_ms: number;
}

interface LinkTable {
  readonly message_key: number;
  readonly link_index: number;
  /** {@link NO_TEXT} for a link that is merged for each recipient. */
  readonly destination_key: number;
  readonly name: string;
  /** What the address of a merged link is made of. */
  readonly template: string | null;
}

/** A mail as it was sent (base/kept-mail.ts), kept until its message is deleted. */
interface MailTable {
  readonly message_key: number;
  readonly hash: Buffer;
  readonly at_ms: number;
  /** Of the HTML. */
  readonly bytes: number;
  readonly packed: Buffer;
}

/** One hit. When it came is the first six bytes of its id. */
interface EventTable {
  readonly message_key: number;
  readonly hit_id: Buffer;
  readonly kind: number;
  readonly recipient_key: Buffer;
  readonly link_index: number | null;
  readonly destination_key: number | null;
  readonly verdict_key: number;
  readonly agent_key: number;
  /**
   * {@link NO_TEXT} says that the raw signals of this event are gone (retain-rows.ts): agent, method, network, host and peer. It is
   * not judged anew and says nothing of others. No hit comes without a method.
   */
  readonly method_key: number;
  readonly test: number;
  /** Tells which hits came from one place, for as long as that is kept. */
  readonly peer: Buffer | null;
  /** The kind of network it came from. */
  readonly network: number;
  /** 1 for the same request once more, which is in no total. */
  readonly repeat: number;
  /** How the name of its address ends in reverse DNS, where a rule looks at that; {@link NO_TEXT} where nobody knows. */
  readonly host_key: number;
}

/** A message some of whose events have a peer, and since when they may. */
interface KeptPeerTable {
  readonly message_key: number;
  readonly from_ms: number;
}

/** What was found of an address after its hits were answered, and for hits of which time it holds. */
interface KnownPeerTable {
  readonly peer: Buffer;
  /** The kind of network it is taken for; that of `unknown` where this is not about it. */
  readonly network: number;
  /** How its name ends; {@link NO_TEXT} where this is not about it. */
  readonly host_key: number;
  readonly from_ms: number;
  readonly until_ms: number;
}

/** A message that has events, and the ids from which on they may be (a time alone is a prefix of one). */
interface KeptEventTable {
  readonly message_key: number;
  /** Of the first that may have raw signals; null when none has. */
  readonly signals_from: Buffer | null;
  readonly events_from: Buffer;
}

/** One row: what is known of the time, for whoever removes what is old (judge-clock.ts in src/retain). */
interface ClockTable {
  readonly newest_ms: number | null;
  readonly believed_ms: number | null;
  readonly doubted_ms: number | null;
  /** Events before it may have lost their peers. */
  readonly peers_before_ms: Generated<number | null>;
}

/** Events of one recipient in one message, by label. */
interface StateTable extends LabelCounts {
  readonly message_key: number;
  readonly recipient_key: Buffer;
  readonly kind: number;
  readonly first_at_ms: number;
  /** Milliseconds from the first to the last. */
  readonly span_ms: number;
}

export interface LabelCounts {
  readonly human: number;
  readonly proxy_human: number;
  readonly prefetch: number;
  readonly scanner: number;
  readonly preview: number;
  readonly unknown: number;
}

interface LinkStateTable {
  readonly message_key: number;
  readonly link_index: number;
  readonly destination_key: number;
  readonly recipient_key: Buffer;
  readonly total: number;
  readonly people: number;
}

/** One row for each label that was seen, one for `all` and one for `people` (human and proxy-human). */
interface CountTable {
  readonly message_key: number;
  readonly kind: number;
  readonly label: number;
  readonly total: number;
  readonly recipients: number;
  readonly anonymous: number;
}

interface LinkCountTable {
  readonly message_key: number;
  readonly link_index: number;
  readonly destination_key: number;
  readonly total: number;
  readonly recipients: number;
  readonly people: number;
  /** Of the total, those that carry no recipient. */
  readonly anonymous: number;
}

/** Totals by UTC quarter hour, so that every time zone's days fold right. */
interface QuarterCountTable {
  readonly message_key: number;
  /** Milliseconds since 1970 divided by 900,000. */
  readonly quarter: number;
  readonly kind: number;
  readonly label: number;
  readonly total: number;
  readonly anonymous: number;
}

/** Events by what they were made with: a client's name, {@link NO_TEXT} for none; codes.ts says what a device's is. */
interface UsageCountTable {
  readonly message_key: number;
  readonly kind: number;
  readonly client_key: number;
  readonly device: number;
  readonly total: number;
  readonly anonymous: number;
}

/** Recipients of a message, by what was known when it was sent and what was seen since: see audience-rows.ts. */
interface AudienceTable {
  readonly message_key: number;
  readonly cohort: number;
  readonly seen: number;
  readonly recipients: number;
}

/** Recipients of a message by mail domain; {@link NO_TEXT} in place of a domain stands for all that have one. */
interface DomainCountTable {
  readonly message_key: number;
  readonly domain_key: number;
  readonly sent: number;
  /** With an open, and with a click, of a person. */
  readonly opened: number;
  readonly clicked: number;
}

interface UnsubscribeTable {
  readonly message_key: number;
  readonly recipient_key: Buffer;
  readonly at_ms: number;
}

/** A recipient who gets no more mail, and why: see suppression-rows.ts. */
interface SuppressionTable {
  readonly recipient_key: Buffer;
  readonly reason: number;
  /** Where it was said, in the sender's words. */
  readonly source: string | null;
  readonly at_ms: number;
}

interface JournalTable {
  readonly id: string;
  readonly settled_through: number;
  /** How far back what waits to be settled lies, as its process told; peers from then on are kept. */
  readonly waiting_from_ms: Generated<number | null>;
  /** Until when that is believed; null for nobody told anything. */
  readonly waiting_until_ms: Generated<number | null>;
}

interface ApiTokenTable {
  readonly id: string;
  readonly scope: 'read' | 'write' | 'admin';
  /** SHA-256 of the whole token. */
  readonly hash: Buffer;
  readonly created_at_ms: number;
  readonly revoked_at_ms: number | null;
}

/** One row: the sequence of control changes as a whole. */
interface ControlLogTable {
  readonly id: string;
  readonly last_seq: number;
  readonly tombstone_key: Buffer;
}

interface ControlChangeTable {
  readonly seq: number;
  readonly topic: ControlTopic;
  readonly subject: string;
  readonly value: string;
  readonly at_ms: number;
  readonly by: string;
}

/** What a recipient agreed to or withdrew, as it was told: the proof of it. */
interface ConsentTable {
  readonly key: Generated<number>;
  readonly recipient: string;
  readonly opens: number;
  readonly clicks: number;
  readonly purpose: string;
  readonly source: string;
  readonly at_ms: number;
  readonly recorded_at_ms: number;
  readonly by: string;
}

/** What became of a mail to a recipient (delivery-rows.ts). */
interface DeliveryTable {
  readonly message_key: number;
  readonly recipient_key: Buffer;
  readonly state: number;
  readonly at_ms: number;
  /** 0 where nobody said when it was: `at_ms` is then when it was told. */
  readonly timed: number;
  readonly complained_at_ms: number | null;
}

/** An event that was told, by a hash of its name, and until when it is remembered. */
interface SeenDeliveryTable {
  readonly id: Buffer;
  readonly until_ms: number;
}

/** An endpoint that is told of events (webhook-rows.ts). */
interface WebhookTable {
  readonly key: Generated<number>;
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  /** JSON arrays; null for all. */
  readonly events: string | null;
  readonly labels: string | null;
  readonly created_at_ms: number;
  readonly by: string;
  /** Since the last that succeeded. */
  readonly attempts: number;
  readonly failing_since_ms: number | null;
  /** It is not asked before. */
  readonly next_at_ms: number;
  readonly problem: string | null;
  readonly dropped: number;
}

/** An event that an endpoint is to be told of (outbox-rows.ts). */
interface OutboxTable {
  readonly key: Generated<number>;
  readonly webhook_key: number;
  readonly message_key: number;
  readonly recipient_key: Buffer | null;
  /** JSON of the event. */
  readonly payload: string;
  readonly created_at_ms: number;
  /** The name of the request it is told in, once it was. */
  readonly batch: string | null;
  readonly parked_at_ms: number | null;
}

/** One row: which clicks conversions are attributed to from now on. */
interface AttributionTable {
  readonly window_ms: number;
  /** 1 for those of people alone. */
  readonly people: number;
}

/** One order, as it was told last (conversion-rows.ts). */
interface ConversionTable {
  readonly key: Generated<number>;
  readonly order_id: string;
  readonly at_ms: number;
  /** The place of its proof in `PROOFS`. */
  readonly proof: number;
  readonly test: number;
  /** Of the click, or as told; null where neither says. */
  readonly message_key: number | null;
  readonly recipient_key: Buffer | null;
  /** The click of its click id. */
  readonly link_index: number | null;
  readonly clicked_at_ms: number | null;
  /** Minor units of `currency`; both null for what has no value. */
  readonly minor: number | null;
  readonly currency: string | null;
  readonly refunded_minor: number;
}

/** A click that a conversion is attributed to; `place` is its order in time. */
interface ConversionTouchTable {
  readonly message_key: number;
  readonly conversion_key: number;
  readonly place: number;
  readonly link_index: number | null;
  readonly recipient_key: Buffer | null;
}

interface ConversionSums {
  readonly message_key: number;
  readonly model: number;
  readonly verified: number;
  /** Empty for what has no value. */
  readonly currency: string;
  /** Millionths of conversions, so that linear shares are whole. */
  readonly parts: number;
  readonly minor: number;
}

/** Conversions of a message by link; -1 stands for no link. */
interface ConversionCountTable extends ConversionSums {
  readonly link_index: number;
}

/** Conversions of a message by UTC quarter hour. */
interface ConversionQuarterTable extends ConversionSums {
  readonly quarter: number;
}

/** What a control change is about. */
export type ControlTopic = 'message' | 'link' | 'host' | 'destination' | 'short-links' | 'consent' | 'erased';
