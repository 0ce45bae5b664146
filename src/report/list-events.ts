// The events of a message in the order of time, as far as they are still kept.
import type { HitKind, Label, NetworkKind } from '../base/nouns.ts';
import { type Device, usageOf } from '../classify/mail-clients.ts';
import { decodeKey, encodeKey, type Page, type PageOf } from './cursor.ts';
import { knownMessage } from './known-message.ts';
import type { ReportSource, StoredEventRow } from './report-source.ts';

/** A hit with its verdict. */
export interface EventRow {
  readonly id: string;
  readonly message: string;
  readonly recipient: string | null;
  readonly event: HitKind;
  readonly at: string;
  /** The index of the link, and where it led. */
  readonly link: number | null;
  readonly destination: string | null;
  readonly label: Label;
  readonly confidence: number;
  readonly reasons: readonly string[];
  readonly rulesVersion: string;
  /** Client, device and method are null once the raw signals of the event are gone. */
  readonly client: string | null;
  readonly device: Device | null;
  readonly network: NetworkKind;
  readonly method: string | null;
  /** The same request once more, which is in no total. */
  readonly repeat: boolean;
  readonly test: boolean;
}

export interface EventOptions extends PageOf {
  readonly message: string;
  /** Shows test traffic too. @default false */
  readonly isTestIncluded?: boolean | undefined;
  /** Only from a time on, and before another, in milliseconds. @default all */
  readonly fromMs?: number | undefined;
  readonly beforeMs?: number | undefined;
}

/** Bytes of a hit's id. */
const ID_BYTES = 16;

/**
 * One page of events.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`, `INVALID_CURSOR`.
 */
export async function listEvents(source: ReportSource, options: EventOptions): Promise<Page<EventRow>> {
  const { message, cursor, limit, isTestIncluded = false, fromMs = null, beforeMs = null } = options;
  const after = decodeKey(cursor, 'e', ID_BYTES);
  await knownMessage(source, message);
  const { rows, next } = await source.eventsOf(message, { after, fromMs, beforeMs, isTestIncluded, limit });
  return { items: rows.map((row) => toEvent(message, row)), next: encodeKey('e', next) };
}

function toEvent(message: string, row: StoredEventRow): EventRow {
  const { id, recipient, kind, atMs, link, destination, label, agent, method } = row;
  const { client, device } = usageOf({ userAgent: agent, label });
  return {
    ...{ id, message, recipient, event: kind, at: new Date(atMs).toISOString(), link, destination, label },
    confidence: row.confidence,
    reasons: row.reasons,
    rulesVersion: row.rulesVersion,
    client,
    device,
    network: row.network,
    method: method === '' ? null : method,
    repeat: row.repeat,
    test: row.test,
  };
}
