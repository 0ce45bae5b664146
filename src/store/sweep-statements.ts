// The statements that remove what a deleted message leaves behind, prepared once.
import type { Sql, Statement } from './sql.ts';

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
  readonly markDeleted: Statement<[message: number]>;
  readonly removeMessage: Statement<[message: number]>;
  /** A message that was deleted and is not swept whole. */
  readonly nextDeleted: Statement<[], number>;
  readonly forgetDeleted: Statement<[message: number]>;
  /** One for each table: removes so many rows of a message. */
  readonly removeRows: readonly Statement<[message: number, limit: number]>[];
}

export function prepareSweeping(database: Sql): SweepStatements {
  return {
    markDeleted: database.prepare('INSERT INTO deleted_messages (key) VALUES (?)'),
    removeMessage: database.prepare('DELETE FROM messages WHERE key = ?'),
    nextDeleted: database.first('SELECT key FROM deleted_messages LIMIT 1'),
    forgetDeleted: database.prepare('DELETE FROM deleted_messages WHERE key = ?'),
    removeRows: Object.entries(SWEPT).map(([table, columns]) => {
      const key = ['message_key', ...columns].join(', ');
      return database.prepare(
        `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE message_key = ? LIMIT ?)`,
      );
    }),
  };
}
