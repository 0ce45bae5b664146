// The tables, as Kysely sees them. Texts that repeat (user agents, destinations, reasons) stand once in `texts`.
import type { Generated } from 'kysely';
import type { ConsentLevel, Label } from '../base/nouns.ts';

export interface Tables {
  readonly messages: MessageTable;
  readonly recipients: RecipientTable;
  readonly texts: TextTable;
  readonly sends: SendTable;
  readonly links: LinkTable;
  readonly events: EventTable;
  readonly states: StateTable;
  readonly link_states: LinkStateTable;
  readonly counts: CountTable;
  readonly link_counts: LinkCountTable;
  readonly quarter_counts: QuarterCountTable;
  readonly unsubscribes: UnsubscribeTable;
  readonly journals: JournalTable;
  readonly api_tokens: ApiTokenTable;
  readonly control_log: ControlLogTable;
  readonly control_changes: ControlChangeTable;
}

interface MessageTable {
  readonly key: Generated<number>;
  readonly id: string;
  readonly name: string | null;
  readonly created_at_ms: number;
}

interface RecipientTable {
  readonly key: Generated<number>;
  readonly id: string;
}

interface TextTable {
  readonly key: Generated<number>;
  readonly text: string;
}

interface SendTable {
  readonly message_key: number;
  readonly recipient_key: number;
  readonly at_ms: number;
  readonly domain_key: number | null;
  readonly opens: ConsentLevel;
  readonly clicks: ConsentLevel;
}

interface LinkTable {
  readonly message_key: number;
  readonly link_index: number;
  readonly destination_key: number;
  readonly name: string;
}

interface EventTable {
  readonly message_key: number;
  readonly at_ms: number;
  readonly hit_id: Buffer;
  readonly kind: EventKind;
  readonly recipient_key: number;
  readonly link_index: number | null;
  readonly destination_key: number | null;
  readonly label: Label;
  readonly confidence: number;
  readonly reasons_key: number;
  readonly agent_key: number;
  readonly method: string;
  readonly test: 0 | 1;
}

export type EventKind = 'open' | 'click' | 'unsubscribe';

/** Events of one recipient in one message, by label. */
interface StateTable extends LabelCounts {
  readonly message_key: number;
  readonly recipient_key: number;
  readonly kind: 'open' | 'click';
  readonly first_at_ms: number;
  readonly last_at_ms: number;
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
  readonly recipient_key: number;
  readonly total: number;
  readonly people: number;
}

/** One row for each label that was seen, one for `all` and one for `people` (human and proxy-human). */
interface CountTable {
  readonly message_key: number;
  readonly kind: 'open' | 'click';
  readonly label: CountLabel;
  readonly total: number;
  readonly recipients: number;
  readonly anonymous: number;
}

export type CountLabel = Label | 'all' | 'people';

interface LinkCountTable {
  readonly message_key: number;
  readonly link_index: number;
  readonly destination_key: number;
  readonly total: number;
  readonly recipients: number;
  readonly people: number;
}

/** Totals by UTC quarter hour, so that every time zone's days fold right. */
interface QuarterCountTable {
  readonly message_key: number;
  /** Milliseconds since 1970 divided by 900,000. */
  readonly quarter: number;
  readonly kind: 'open' | 'click';
  readonly label: Label;
  readonly total: number;
}

interface UnsubscribeTable {
  readonly message_key: number;
  readonly recipient_key: number;
  readonly at_ms: number;
}

interface JournalTable {
  readonly id: string;
  readonly settled_through: number;
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

/** What a control change is about. */
export type ControlTopic = 'message' | 'link' | 'host' | 'destination' | 'short-links' | 'consent' | 'erased';
