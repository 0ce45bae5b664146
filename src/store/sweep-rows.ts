// Deleting a message: it is gone from every list and report at once, when its own row goes; all that hangs on it follows in
// steps, each a short transaction. Its number is never given again, so hits that come later make a new message.
import type Database from 'better-sqlite3';
import { retainedAtOnce } from '../base/limits.ts';
import type { SweepStore } from '../retain/sweep.ts';
import type { Writer } from './writer.ts';

/** The tables that hang on a message, with their keys. Events come first: while there are some, others may change by them. */
const SWEPT = {
  events: ['hit_id'],
  kept_events: [],
  kept_peers: [],
  link_states: ['link_index', 'destination_key', 'recipient_key'],
  states: ['recipient_key', 'kind'],
  unsubscribes: ['recipient_key'],
  sends: ['recipient_key'],
  quarter_counts: ['quarter', 'kind', 'label'],
  link_counts: ['link_index', 'destination_key'],
  links: ['link_index', 'destination_key'],
  mails: ['hash'],
  domain_counts: ['domain_key'],
  audiences: ['cohort', 'seen'],
  counts: ['kind', 'label'],
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

export function makeSweepStore(writer: Writer): SweepStore {
  return {
    deleteMessage: (id) =>
      writer.transaction(() => {
        const { findMessage, sweeping } = writer.statements;
        const key = findMessage.get(id);
        if (key === undefined) return false;
        sweeping.markDeleted.run(key);
        sweeping.removeMessage.run(key);
        writer.forget();
        return true;
      }),
    sweepStep: () => writer.transaction(() => sweepRows(writer, retainedAtOnce) <= 0),
  };
}

/** Within a transaction: removes rows of deleted messages; gives how many more it might have removed. */
export function sweepRows({ statements: { sweeping } }: Writer, mayRemove: number): number {
  let left = mayRemove;
  for (;;) {
    const message = sweeping.nextDeleted.get();
    if (message === undefined) return left;
    for (const remove of sweeping.removeRows) {
      left -= remove.run(message, left).changes;
      if (left <= 0) return 0;
    }
    sweeping.forgetDeleted.run(message);
    // The message itself was looked at, too.
    left -= 1;
    if (left <= 0) return 0;
  }
}
