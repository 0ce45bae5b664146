// What is known of recipients, one row each: a message's recipients in the order of their keys, and a recipient's
// messages. What a page looks at is bounded: the window of keys it may read ends after so many rows, wherever the page
// finds what it looks for.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { listedRowsMax } from '../base/limits.ts';
import type { HitStates, RecipientFilter, RecipientStates, ReportSource } from '../report/report-source.ts';
import { codeOf, KINDS } from './codes.ts';
import { unpackId } from './recipient-keys.ts';
import type { LabelCounts, Tables } from './tables.ts';
import type { Writer } from './writer.ts';

type Methods = Pick<ReportSource, 'recipientsOf' | 'recipientOf' | 'historyOf'>;

export function makeRecipientSource(db: Kysely<Tables>, writer: Pick<Writer, 'recipientKey'>): Methods {
  async function messageKeyOf(id: string): Promise<number> {
    const row = await db.selectFrom('messages').select('key').where('id', '=', id).executeTakeFirst();
    return row?.key ?? 0;
  }

  return {
    async recipientsOf(id, { filter, after, limit }) {
      const message = await messageKeyOf(id);
      const from = Buffer.from(after ?? '', 'hex');
      const end = await windowEnd(db, DRIVERS[filter], message, from);
      const keys = KEYS[filter]({ message, from, end: end ?? LAST_KEY, limit: limit + 1 });
      const { rows } = await recipientsBy(message, keys).execute(db);
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1)?.key : end;
      return { rows: shown.map(toRecipient), next: last?.toString('hex') ?? null };
    },
    async recipientOf(id, recipient) {
      const key = writer.recipientKey(recipient);
      if (key === undefined) return undefined;
      const { rows } = await recipientsBy(
        await messageKeyOf(id),
        sql`SELECT key FROM recipients WHERE key = ${key}`,
      ).execute(db);
      return rows.filter(isKnown).map(toRecipient)[0];
    },
    async historyOf(recipient, { after, limit }) {
      const key = writer.recipientKey(recipient);
      if (key === undefined) return undefined;
      const before = after ?? Number.MAX_SAFE_INTEGER;
      const end = await messageWindowEnd(db, before);
      const { rows } = await messagesOf(key, { before, from: end ?? 0, limit: limit + 1 }).execute(db);
      const shown = rows.slice(0, limit);
      const next = (rows.length > limit ? shown.at(-1)?.key : end) ?? null;
      return { rows: shown.map((row) => ({ message: row.message, name: row.name, ...readStates(row) })), next };
    },
  };
}

/** Whether a message knows the recipient. */
function isKnown({ sent_at_ms, left_at_ms, open_first_at_ms, click_first_at_ms }: StatesRow): boolean {
  return (sent_at_ms ?? left_at_ms ?? open_first_at_ms ?? click_first_at_ms) !== null;
}

/** The last message that one page of a history may look at. */
async function messageWindowEnd(db: Kysely<Tables>, before: number): Promise<number | undefined> {
  const row = await db
    .selectFrom('messages')
    .select('key')
    .where('key', '<', before)
    .orderBy('key', 'desc')
    .limit(1)
    .offset(listedRowsMax - 1)
    .executeTakeFirst();
  return row?.key;
}

/** Keys have 8 bytes, so this is behind all of them. */
const LAST_KEY = Buffer.alloc(9, 0xff);

type Driver = 'sends' | 'states' | 'unsubscribes';

/** The tables through which one looks for those to show, where not every row is shown. */
const DRIVERS: Readonly<Record<RecipientFilter, readonly Driver[]>> = {
  all: [],
  nothing: ['sends', 'states'],
  opened: ['states'],
  clicked: ['states'],
  unsubscribed: [],
};

/** The last key a page may look at; nothing when it may look at all that are left. */
async function windowEnd(
  db: Kysely<Tables>,
  drivers: readonly Driver[],
  message: number,
  from: Buffer,
): Promise<Buffer | undefined> {
  const ends: Buffer[] = [];
  for (const table of drivers) {
    const row = await db
      .selectFrom(table)
      .select('recipient_key')
      .where('message_key', '=', message)
      .where('recipient_key', '>', from)
      .orderBy('recipient_key')
      .limit(1)
      .offset(listedRowsMax - 1)
      .executeTakeFirst();
    if (row !== undefined) ends.push(row.recipient_key);
  }
  return ends.sort((a, b) => a.compare(b))[0];
}

interface Window {
  readonly message: number;
  readonly from: Buffer;
  readonly end: Buffer;
  readonly limit: number;
}

/** Queries for the keys of those to show, in order. */
const KEYS: Readonly<Record<RecipientFilter, (window: Window) => RawBuilder<unknown>>> = {
  all: (window) =>
    sql`SELECT key FROM (${first('sends', window)} UNION ${first('states', window)} UNION ${first('unsubscribes', window)}) AS found
      ORDER BY key LIMIT ${window.limit}`,
  opened: (window) => first('states', window, seenBy('open')),
  clicked: (window) => first('states', window, seenBy('click')),
  unsubscribed: (window) => first('unsubscribes', window),
  nothing(window) {
    const didNothing = sql` AND NOT EXISTS (SELECT 1 FROM states seen WHERE seen.message_key = ${window.message}
      AND seen.recipient_key = listed.recipient_key AND seen.human + seen.proxy_human > 0)
      AND NOT EXISTS (SELECT 1 FROM unsubscribes gone WHERE gone.message_key = ${window.message}
      AND gone.recipient_key = listed.recipient_key)`;
    return sql`SELECT key FROM (${first('sends', window, didNothing)} UNION ${first('states', window, didNothing)}) AS found
      ORDER BY key LIMIT ${window.limit}`;
  },
};

/** The first keys of a table within a window. */
function first(table: Driver, { message, from, end, limit }: Window, condition: RawBuilder<unknown> = sql``) {
  return sql`SELECT key FROM (SELECT DISTINCT recipient_key AS key FROM ${sql.table(table)} listed
    WHERE message_key = ${message} AND recipient_key > ${from} AND recipient_key <= ${end}${condition}
    ORDER BY recipient_key LIMIT ${limit}) AS firsts`;
}

/** Whether a state holds a hit by a person. */
function seenBy(kind: 'open' | 'click') {
  return sql` AND kind = ${sql.lit(codeOf(KINDS, kind))} AND human + proxy_human > 0`;
}

/** What stands in a state, but for whose it is. */
type StateColumns = LabelCounts & { readonly first_at_ms: number; readonly span_ms: number };

const STATE_COLUMNS: readonly (keyof StateColumns)[] = [
  ...(['human', 'proxy_human', 'prefetch', 'scanner', 'preview', 'unknown', 'first_at_ms', 'span_ms'] as const),
];

type Prefixed<Kind extends string> = {
  readonly [Column in keyof StateColumns as `${Kind}_${Column}`]: number | null;
};

/** All that is known of one recipient of one message. */
interface StatesRow extends Prefixed<'open'>, Prefixed<'click'> {
  readonly sent_at_ms: number | null;
  readonly left_at_ms: number | null;
}

const STATE_SELECTION = sql.join([
  ...(['open', 'click'] as const).flatMap((kind) =>
    STATE_COLUMNS.map((column) => sql`${sql.ref(`${kind}.${column}`)} AS ${sql.ref(`${kind}_${column}`)}`),
  ),
  sql`sends.at_ms AS sent_at_ms`,
  sql`unsubscribes.at_ms AS left_at_ms`,
]);

/** Joins what is known of a message and a recipient to each row that has both. */
function statesBy(message: RawBuilder<unknown>, recipient: RawBuilder<unknown>) {
  const of = (table: string, kind?: 'open' | 'click') => {
    const name = kind ?? table;
    const ofKind = kind === undefined ? sql`` : sql` AND ${sql.ref(`${name}.kind`)} = ${sql.lit(codeOf(KINDS, kind))}`;
    return sql`LEFT JOIN ${sql.table(table)} AS ${sql.ref(name)} ON ${sql.ref(`${name}.message_key`)} = ${message}
      AND ${sql.ref(`${name}.recipient_key`)} = ${recipient}${ofKind}`;
  };
  return sql.join([of('sends'), of('unsubscribes'), of('states', 'open'), of('states', 'click')], sql` `);
}

interface RecipientStatesRow extends StatesRow {
  readonly key: Buffer;
  readonly recipient: string | Buffer;
  readonly domain: string | null;
}

/** Recipients of a message by a query for their keys. */
function recipientsBy(message: number, keys: RawBuilder<unknown>): RawBuilder<RecipientStatesRow> {
  return sql`SELECT listed.key, recipients.id AS recipient, texts.text AS domain, ${STATE_SELECTION}
    FROM (${keys}) AS listed
    JOIN recipients ON recipients.key = listed.key
    ${statesBy(sql`${message}`, sql`listed.key`)}
    LEFT JOIN texts ON texts.key = sends.domain_key
    ORDER BY listed.key`;
}

interface MessageStatesRow extends StatesRow {
  readonly key: number;
  readonly message: string;
  readonly name: string | null;
}

/** Messages that know a recipient, from a window of messages. */
function messagesOf(
  recipient: Buffer,
  window: { readonly before: number; readonly from: number; readonly limit: number },
): RawBuilder<MessageStatesRow> {
  return sql`SELECT messages.key, messages.id AS message, messages.name, ${STATE_SELECTION}
    FROM messages ${statesBy(sql`messages.key`, sql`${recipient}`)}
    WHERE messages.key < ${window.before} AND messages.key >= ${window.from}
      AND coalesce(sends.at_ms, unsubscribes.at_ms, open.first_at_ms, click.first_at_ms) IS NOT NULL
    ORDER BY messages.key DESC LIMIT ${window.limit}`;
}

function toRecipient(row: RecipientStatesRow): RecipientStates {
  return { recipient: unpackId(row.recipient), domain: row.domain, ...readStates(row) };
}

function readStates(row: StatesRow) {
  return {
    sentAtMs: row.sent_at_ms,
    opens: readHits(row, 'open'),
    clicks: readHits(row, 'click'),
    unsubscribedAtMs: row.left_at_ms,
  };
}

function readHits(row: StatesRow, kind: 'open' | 'click'): HitStates {
  const firstAtMs = row[`${kind}_first_at_ms`];
  return {
    byLabel: {
      human: row[`${kind}_human`] ?? 0,
      'proxy-human': row[`${kind}_proxy_human`] ?? 0,
      prefetch: row[`${kind}_prefetch`] ?? 0,
      scanner: row[`${kind}_scanner`] ?? 0,
      preview: row[`${kind}_preview`] ?? 0,
      unknown: row[`${kind}_unknown`] ?? 0,
    },
    firstAtMs,
    lastAtMs: firstAtMs === null ? null : firstAtMs + (row[`${kind}_span_ms`] ?? 0),
  };
}
