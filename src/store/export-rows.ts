// Reads all that is stored of one recipient, in one read transaction. Their events have no index: all are looked through,
// which takes a second for every ten million.
import { PROOFS } from '../base/conversion.ts';
import { getOrSet } from '../base/get-or-set.ts';
import { type Consent, LABELS } from '../base/nouns.ts';
import { agentWords } from '../classify/mail-clients.ts';
import type { ExportedEvent, ExportedMessage, ExportSource, RecipientExport } from '../report/export-recipient.ts';
import { isoTime } from '../report/iso-time.ts';
import { type RecipientHits, recipientHits } from '../report/recipient-hits.ts';
import { codeOf, DELIVERY_STATES, KINDS, LEVELS, NETWORKS, wordOf } from './codes.ts';
import { controlNow } from './control-now.ts';
import { amountOf } from './conversion-rows.ts';
import { timeOf } from './hit-ids.ts';
import { STATES } from './send-log-rows.ts';
import type { Sql } from './sql.ts';
import { REASONS } from './suppression-rows.ts';
import { type LabelCounts, NO_TEXT } from './tables.ts';
import type { Writer } from './writer.ts';

export function makeExportSource(database: Sql, writer: Writer): ExportSource {
  return { exportRecipient: (recipient) => database.read(() => exportRecipient(database, writer, recipient)) };
}

function exportRecipient(database: Sql, writer: Writer, recipient: string): RecipientExport | undefined {
  const control = controlNow(writer.statements);
  const key = writer.recipientKey(recipient);
  const erased = control.isErased(recipient);
  const consent = control.consentOf(recipient) ?? null;
  const consents = consentsOf(database, recipient);
  if (key === undefined && !erased && consent === null && consents.length === 0) return undefined;
  const of = { recipient, erased, consent, consents };
  if (key === undefined) return { ...of, suppression: null, conversions: [], notices: [], messages: [] };
  return {
    ...{ ...of, suppression: suppressionOf(database, key), conversions: conversionsOf(database, key) },
    ...{ notices: noticesOf(database, key), messages: messagesOf(database, key) },
  };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

function consentsOf(database: Sql, recipient: string): RecipientExport['consents'] {
  return database
    .prepare<[string], ConsentRow>('SELECT * FROM consents WHERE recipient = ? ORDER BY key')
    .all(recipient)
    .map(({ purpose, source, at_ms, recorded_at_ms, by, ...row }) => ({
      ...levelsOf(row),
      ...{ purpose, source, at: iso(at_ms), recordedAt: iso(recorded_at_ms), by },
    }));
}

function levelsOf({ opens, clicks }: { readonly opens: number; readonly clicks: number }): Consent {
  return { opens: wordOf(LEVELS, opens), clicks: wordOf(LEVELS, clicks) };
}

function suppressionOf(database: Sql, key: Buffer): RecipientExport['suppression'] {
  const row = database
    .prepare<[Buffer], SuppressionRow>('SELECT reason, source, at_ms FROM suppressions WHERE recipient_key = ?')
    .get(key);
  return row === undefined ? null : { reason: wordOf(REASONS, row.reason), source: row.source, at: iso(row.at_ms) };
}

function conversionsOf(database: Sql, key: Buffer): RecipientExport['conversions'] {
  const rows = database.prepare<[Buffer], ConversionRow>(
    `SELECT c.*, m.id AS message FROM conversions c LEFT JOIN messages m ON m.key = c.message_key
     WHERE c.recipient_key = ? ORDER BY c.at_ms, c.key`,
  );
  return rows.all(key).map((row) => ({
    ...{ order: row.order_id, at: iso(row.at_ms), proof: wordOf(PROOFS, row.proof) },
    ...{ message: row.message, link: row.link_index, clickedAt: isoTime(row.clicked_at_ms) },
    ...{ value: amountOf(row.minor, row.currency), refunded: amountOf(row.refunded_minor || null, row.currency) },
    test: row.test === 1,
  }));
}

function noticesOf(database: Sql, key: Buffer): readonly unknown[] {
  const payloads = database.first<[Buffer], string>('SELECT payload FROM outbox WHERE recipient_key = ? ORDER BY key');
  return payloads.all(key).map((payload): unknown => JSON.parse(payload));
}

/** Messages that know the recipient, with what they know. */
function messagesOf(database: Sql, key: Buffer): readonly ExportedMessage[] {
  const all = <Row>(sql: string) => byMessage(database.prepare<[Buffer], MessageRow & Row>(sql).all(key));
  const sends = all<SendRow>(`SELECT message_key, at_ms, texts.text AS domain, opens, clicks FROM messages
    JOIN sends ON message_key = messages.key AND recipient_key = ? LEFT JOIN texts ON texts.key = domain_key`);
  const log = all<LogRow>(`SELECT message_key, state, at_ms, reply FROM messages
    JOIN send_log ON message_key = messages.key AND recipient_key = ?`);
  const deliveries = all<DeliveryRow>(`SELECT message_key, state, at_ms, timed, complained_at_ms FROM messages
    JOIN deliveries ON message_key = messages.key AND recipient_key = ?`);
  const left = all<TimeRow>(`SELECT message_key, at_ms FROM messages
    JOIN unsubscribes ON message_key = messages.key AND recipient_key = ?`);
  const states = all<StateRow>(`SELECT states.* FROM messages
    JOIN states ON message_key = messages.key AND recipient_key = ?`);
  const links =
    all<LinkRow>(`SELECT s.message_key, s.link_index, texts.text AS destination, s.total, s.people FROM link_counts c
    JOIN link_states s ON s.message_key = c.message_key AND s.link_index = c.link_index
      AND s.destination_key = c.destination_key AND s.recipient_key = ?
    JOIN texts ON texts.key = s.destination_key`);
  const events = all<EventRow>(EVENTS);
  const keys = new Set([sends, log, deliveries, left, states, links, events].flatMap((rows) => [...rows.keys()]));
  const nameOf = database.prepare<[number], { readonly id: string; readonly name: string | null }>(
    'SELECT id, name FROM messages WHERE key = ?',
  );
  return [...keys]
    .sort((a, b) => a - b)
    .map((message) => {
      const { id = null, name = null } = nameOf.get(message) ?? {};
      return {
        ...{ message: id, name, send: sendOf(sends.get(message)?.[0]), handOver: handOverOf(log.get(message)?.[0]) },
        delivery: deliveryOf(deliveries.get(message)?.[0]),
        opens: hitsOf('open', states.get(message)),
        clicks: hitsOf('click', states.get(message)),
        links: (links.get(message) ?? []).map(({ link_index: index, destination, total, people }) => ({
          ...{ index, destination, total, people },
        })),
        unsubscribedAt: isoTime(left.get(message)?.[0]?.at_ms ?? null),
        events: (events.get(message) ?? []).map(toEvent),
      };
    });
}

const EVENTS = `SELECT e.*, d.text AS destination, a.text AS agent, m.text AS method, h.text AS host,
    v.label, v.confidence, v.reasons, v.rules_version FROM events e
  JOIN verdicts v ON v.key = e.verdict_key
  LEFT JOIN texts a ON a.key = e.agent_key LEFT JOIN texts m ON m.key = e.method_key
  LEFT JOIN texts d ON d.key = e.destination_key LEFT JOIN texts h ON h.key = e.host_key
  WHERE e.recipient_key = ? ORDER BY e.message_key, e.hit_id`;

function byMessage<Row extends MessageRow>(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  const grouped = new Map<number, Row[]>();
  for (const row of rows) getOrSet(grouped, row.message_key, () => []).push(row);
  return grouped;
}

function sendOf(row: SendRow | undefined): ExportedMessage['send'] {
  return row === undefined ? null : { at: iso(row.at_ms), domain: row.domain, ...levelsOf(row) };
}

function handOverOf(row: LogRow | undefined): ExportedMessage['handOver'] {
  return row === undefined ? null : { state: wordOf(STATES, row.state), at: iso(row.at_ms), reply: row.reply };
}

function deliveryOf(row: DeliveryRow | undefined): ExportedMessage['delivery'] {
  if (row === undefined) return null;
  const at = row.timed === 1 ? iso(row.at_ms) : null;
  return { state: wordOf(DELIVERY_STATES, row.state), at, complainedAt: isoTime(row.complained_at_ms) };
}

function hitsOf(kind: 'open' | 'click', rows: readonly StateRow[] = []): RecipientHits {
  const row = rows.find((one) => one.kind === codeOf(KINDS, kind));
  return recipientHits({
    byLabel: {
      human: row?.human ?? 0,
      'proxy-human': row?.proxy_human ?? 0,
      prefetch: row?.prefetch ?? 0,
      scanner: row?.scanner ?? 0,
      preview: row?.preview ?? 0,
      unknown: row?.unknown ?? 0,
    },
    firstAtMs: row?.first_at_ms ?? null,
    lastAtMs: row === undefined ? null : row.first_at_ms + row.span_ms,
  });
}

function toEvent(row: EventRow): ExportedEvent {
  const isBare = row.method_key === NO_TEXT;
  return {
    ...{ id: row.hit_id.toString('hex'), event: wordOf(KINDS, row.kind), at: iso(timeOf(row.hit_id)) },
    ...{ link: row.link_index, destination: row.destination, label: wordOf(LABELS, row.label) },
    ...{ confidence: row.confidence, reasons: row.reasons.split(' '), rulesVersion: row.rules_version },
    userAgent: row.agent_key === NO_TEXT && isBare ? null : agentWords(row.agent ?? ''),
    method: isBare ? null : row.method,
    network: wordOf(NETWORKS, row.network),
    host: row.host_key === NO_TEXT ? null : row.host,
    peer: row.peer?.toString('hex') ?? null,
    ...{ repeat: row.repeat === 1, test: row.test === 1 },
  };
}

interface MessageRow {
  readonly message_key: number;
}

interface TimeRow {
  readonly at_ms: number;
}

interface ConsentRow extends TimeRow {
  readonly opens: number;
  readonly clicks: number;
  readonly purpose: string;
  readonly source: string;
  readonly recorded_at_ms: number;
  readonly by: string;
}

interface SuppressionRow extends TimeRow {
  readonly reason: number;
  readonly source: string | null;
}

interface SendRow extends TimeRow {
  readonly domain: string | null;
  readonly opens: number;
  readonly clicks: number;
}

interface LogRow extends TimeRow {
  readonly state: number;
  readonly reply: number | null;
}

interface DeliveryRow extends TimeRow {
  readonly state: number;
  readonly timed: number;
  readonly complained_at_ms: number | null;
}

interface ConversionRow extends TimeRow {
  readonly order_id: string;
  readonly proof: number;
  readonly test: number;
  readonly message: string | null;
  readonly link_index: number | null;
  readonly clicked_at_ms: number | null;
  readonly minor: number | null;
  readonly currency: string | null;
  readonly refunded_minor: number;
}

interface StateRow extends LabelCounts {
  readonly kind: number;
  readonly first_at_ms: number;
  readonly span_ms: number;
}

interface LinkRow {
  readonly link_index: number;
  readonly destination: string;
  readonly total: number;
  readonly people: number;
}

interface EventRow {
  readonly hit_id: Buffer;
  readonly kind: number;
  readonly link_index: number | null;
  readonly destination: string | null;
  readonly label: number;
  readonly confidence: number;
  readonly reasons: string;
  readonly rules_version: string;
  readonly agent: string | null;
  readonly agent_key: number;
  readonly method: string | null;
  readonly method_key: number;
  readonly network: number;
  readonly host: string | null;
  readonly host_key: number;
  readonly peer: Buffer | null;
  readonly repeat: number;
  readonly test: number;
}
