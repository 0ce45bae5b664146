// The statements of conversions, prepared once. Amounts are bound as bigint: SQLite would take a number for a float, and
// sums of floats are not exact.
import type { Sql, Statement } from './sql.ts';

/** One order as it is stored. */
export interface ConversionRow {
  readonly key: number;
  readonly at_ms: number;
  readonly proof: number;
  readonly test: number;
  readonly message_key: number | null;
  readonly recipient_key: Buffer | null;
  readonly link_index: number | null;
  readonly clicked_at_ms: number | null;
  readonly minor: number | null;
  readonly currency: string | null;
  readonly refunded_minor: number;
}

type ConversionColumns = [
  ...[atMs: number, proof: number, test: number, message: number | null, recipient: Buffer | null],
  ...[link: number | null, clickedAtMs: number | null, minor: bigint | null, currency: string | null],
  ...[refundedMinor: bigint],
];

export interface TouchRow {
  readonly message: number;
  readonly link: number | null;
}

/** A click of a recipient; the first six bytes of its id are its time. */
export interface ClickRow {
  readonly message: number;
  readonly hitId: Buffer;
  readonly link: number | null;
  readonly label: number;
}

type SumColumns = [
  ...[message: number, model: number, verified: number, by: number, currency: string],
  ...[parts: bigint, minor: bigint],
];

export interface ConversionStatements {
  readonly rules: Statement<[], { readonly windowMs: number; readonly people: number }>;
  readonly setRules: Statement<[windowMs: number, people: number]>;
  readonly find: Statement<[order: string], ConversionRow>;
  /** Gives its number. */
  readonly add: Statement<[order: string, ...ConversionColumns], number>;
  readonly change: Statement<[...ConversionColumns, key: number]>;
  readonly drop: Statement<[key: number]>;
  /** Whether there is one that names a recipient. */
  readonly any: Statement<[], number>;
  readonly ofRecipient: Statement<[recipient: Buffer], ConversionRow>;
  readonly clicksOf: Statement<[recipient: Buffer, fromId: Buffer, beforeId: Buffer, limit: number], ClickRow>;
  readonly touchesOf: Statement<[key: number], TouchRow>;
  readonly addTouch: Statement<
    [message: number, key: number, place: number, link: number | null, recipient: Buffer | null]
  >;
  readonly dropTouches: Statement<[key: number]>;
  readonly isMessage: Statement<[key: number], number>;
  readonly addCount: Statement<SumColumns>;
  readonly addQuarter: Statement<SumColumns>;
}

const COLUMNS =
  'at_ms, proof, test, message_key, recipient_key, link_index, clicked_at_ms, minor, currency, refunded_minor';

export function prepareConversions(database: Sql): ConversionStatements {
  const sums = (table: string, by: string) =>
    database.prepare<SumColumns>(
      `INSERT INTO ${table} (message_key, model, verified, ${by}, currency, parts, minor) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (message_key, model, verified, ${by}, currency)
       DO UPDATE SET parts = ${table}.parts + excluded.parts, minor = ${table}.minor + excluded.minor`,
    );
  return {
    rules: database.prepare('SELECT window_ms AS "windowMs", people FROM attribution'),
    setRules: database.prepare('UPDATE attribution SET window_ms = ?, people = ?'),
    find: database.prepare(`SELECT key, ${COLUMNS} FROM conversions WHERE order_id = ?`),
    add: database.first(
      `INSERT INTO conversions (order_id, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    ),
    change: database.prepare(`UPDATE conversions SET (${COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE key = ?`),
    drop: database.prepare('DELETE FROM conversions WHERE key = ?'),
    any: database.first('SELECT 1 FROM conversions WHERE recipient_key IS NOT NULL LIMIT 1'),
    ofRecipient: database.prepare(`SELECT key, ${COLUMNS} FROM conversions WHERE recipient_key = ?`),
    // By the index of clicks and unsubscribes, which has all columns of the table's key in it.
    clicksOf: database.prepare(
      `SELECT message_key AS message, hit_id AS "hitId", link_index AS link, verdicts.label
       FROM events JOIN verdicts ON verdicts.key = verdict_key
       WHERE recipient_key = ? AND events.kind > 0 AND events.kind = 1 AND test = 0 AND repeat = 0
         AND hit_id >= ? AND hit_id < ?
       ORDER BY hit_id DESC LIMIT ?`,
    ),
    touchesOf: database.prepare(
      'SELECT message_key AS message, link_index AS link FROM conversion_touches WHERE conversion_key = ? ORDER BY place',
    ),
    addTouch:
      database.prepare(`INSERT INTO conversion_touches (message_key, conversion_key, place, link_index, recipient_key)
       VALUES (?, ?, ?, ?, ?)`),
    dropTouches: database.prepare('DELETE FROM conversion_touches WHERE conversion_key = ?'),
    isMessage: database.first('SELECT 1 FROM messages WHERE key = ?'),
    addCount: sums('conversion_counts', 'link_index'),
    addQuarter: sums('conversion_quarters', 'quarter'),
  };
}
