// The statements that erase a recipient, prepared when one is erased.
import type Database from 'better-sqlite3';
import type { ErasedTable } from '../retain/erase.ts';

export interface EraseStatements {
  /** The first message from a number on, also one that was deleted and is not swept yet. */
  readonly messageFrom: Database.Statement<[message: number, message: number], number>;
  /** What a message has of the recipient, but for events; gives how many rows went. */
  readonly ofMessage: readonly (readonly [ErasedTable, (message: number, recipient: Buffer) => number])[];
  /** The hit so many after a place. */
  readonly hitAfter: Database.Statement<[message: number, from: Buffer, count: number], Buffer>;
  readonly countHits: Database.Statement<[message: number, from: Buffer], number>;
  readonly removeEvents: Database.Statement<[message: number, from: Buffer, before: Buffer, recipient: Buffer]>;
  /** What is left when all messages have been gone through. */
  readonly last: readonly (readonly [ErasedTable, Database.Statement<[recipient: Buffer]>])[];
}

export function prepareErasing(sqlite: Database.Database): EraseStatements {
  const ofMessage = (table: ErasedTable, sql: string) => {
    const statement = sqlite.prepare<[number, Buffer]>(sql);
    return [table, (message: number, recipient: Buffer) => statement.run(message, recipient).changes] as const;
  };
  const byKey = (table: ErasedTable) =>
    ofMessage(table, `DELETE FROM ${table} WHERE message_key = ? AND recipient_key = ?`);
  // By the links there are, since the recipient is the last part of the key.
  const linkStates = `DELETE FROM link_states WHERE (message_key, link_index, destination_key, recipient_key) IN
    (SELECT message_key, link_index, destination_key, ? FROM link_counts WHERE message_key = ?)`;
  const linkStatesOf = sqlite.prepare<[Buffer, number]>(linkStates);
  const events = 'FROM events WHERE message_key = ? AND hit_id >= ?';
  return {
    messageFrom: sqlite
      .prepare<[number, number], number>(
        `SELECT min(key) FROM (SELECT min(key) AS key FROM messages WHERE key >= ?
        UNION ALL SELECT min(key) FROM deleted_messages WHERE key >= ?) HAVING min(key) IS NOT NULL`,
      )
      .pluck(),
    ofMessage: [
      ...(['sends', 'send_log', 'deliveries', 'states', 'unsubscribes', 'conversion_touches'] as const).map(byKey),
      ['link_states', (message, recipient) => linkStatesOf.run(recipient, message).changes],
    ],
    hitAfter: sqlite
      .prepare<[number, Buffer, number], Buffer>(`SELECT hit_id ${events} ORDER BY hit_id LIMIT 1 OFFSET ?`)
      .pluck(),
    countHits: sqlite.prepare<[number, Buffer], number>(`SELECT count(*) ${events}`).pluck(),
    removeEvents: sqlite.prepare(`DELETE ${events} AND hit_id < ? AND recipient_key = ?`),
    last: [
      ['conversions', sqlite.prepare('DELETE FROM conversions WHERE recipient_key = ?')],
      ['outbox', sqlite.prepare('DELETE FROM outbox WHERE recipient_key = ?')],
      ['suppressions', sqlite.prepare('DELETE FROM suppressions WHERE recipient_key = ?')],
      ['recipients', sqlite.prepare('DELETE FROM recipients WHERE key = ?')],
    ],
  };
}
