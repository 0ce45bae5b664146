// The statements that remove what a deleted message leaves behind, prepared once.
import type Database from 'better-sqlite3';

/** The tables that hang on a message, with their keys. Events come first: while there are some, others may change by them. */
const SWEPT = {
  events: ['hit_id'],
  kept_events: [],
  kept_peers: [],
  link_states: ['link_index', 'destination_key', 'recipient_key'],
  states: ['recipient_key', 'kind'],
  unsubscribes: ['recipient_key'],
  sends: ['recipient_key'],
  send_log: ['recipient_key'],
  send_runs: [],
  deliveries: ['recipient_key'],
  outbox: ['key'],
  quarter_counts: ['quarter', 'kind', 'label'],
  link_counts: ['link_index', 'destination_key'],
  links: ['link_index', 'destination_key'],
  mails: ['hash'],
  domain_counts: ['domain_key'],
  usage_counts: ['kind', 'client_key', 'device'],
  audiences: ['cohort', 'seen'],
  counts: ['kind', 'label'],
  conversion_touches: ['conversion_key', 'place'],
  conversions: ['key'],
  conversion_counts: ['model', 'verified', 'link_index', 'currency'],
  conversion_quarters: ['model', 'verified', 'quarter', 'currency'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export interface SweepStatements {
  readonly markDeleted: Database.Statement<[message: number]>;
  readonly removeMessage: Database.Statement<[message: number]>;
  /** A message that was deleted and is not swept whole. */
  readonly nextDeleted: Database.Statement<[], number>;
  readonly forgetDeleted: Database.Statement<[message: number]>;
  /** One for each table: removes so many rows of a message. */
  readonly removeRows: readonly Database.Statement<[message: number, limit: number]>[];
}

export function prepareSweeping(sqlite: Database.Database): SweepStatements {
  return {
    markDeleted: sqlite.prepare('INSERT INTO deleted_messages (key) VALUES (?)'),
    removeMessage: sqlite.prepare('DELETE FROM messages WHERE key = ?'),
    nextDeleted: sqlite.prepare<[], number>('SELECT key FROM deleted_messages LIMIT 1').pluck(),
    forgetDeleted: sqlite.prepare('DELETE FROM deleted_messages WHERE key = ?'),
    removeRows: Object.entries(SWEPT).map(([table, columns]) => {
      const key = ['message_key', ...columns].join(', ');
      return sqlite.prepare(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE message_key = ? LIMIT ?)`,
      );
    }),
  };
}
