// The statements that erase a recipient, prepared when one is erased.
import type { ErasedTable } from '../retain/erase.ts';
import type { Sql, Statement } from './sql.ts';

export interface EraseStatements {
  /** The first message from a number on, also one that was deleted and is not swept yet. */
  readonly messageFrom: Statement<[message: number, message: number], number>;
  /** What a message has of the recipient, but for events; gives how many rows went. */
  readonly ofMessage: readonly (readonly [ErasedTable, (message: number, recipient: Buffer) => number])[];
  /** The hit so many after a place. */
  readonly hitAfter: Statement<[message: number, from: Buffer, count: number], Buffer>;
  readonly countHits: Statement<[message: number, from: Buffer], number>;
  readonly removeEvents: Statement<[message: number, from: Buffer, before: Buffer, recipient: Buffer]>;
  /** What is left when all messages have been gone through. */
  readonly last: readonly (readonly [ErasedTable, Statement<[recipient: Buffer]>])[];
}

export function prepareErasing(database: Sql): EraseStatements {
  const ofMessage = (table: ErasedTable, sql: string) => {
    const statement = database.prepare<[number, Buffer]>(sql);
    return [table, (message: number, recipient: Buffer) => statement.run(message, recipient).changes] as const;
  };
  const byKey = (table: ErasedTable) =>
    ofMessage(table, `DELETE FROM ${table} WHERE message_key = ? AND recipient_key = ?`);
  const bytes = database.dialect.name === 'sqlite' ? 'BLOB' : 'bytea';
  // By the links there are, since the recipient is the last part of the key.
  const linkStates = `DELETE FROM link_states WHERE (message_key, link_index, destination_key, recipient_key) IN
    (SELECT message_key, link_index, destination_key, CAST(? AS ${bytes}) FROM link_counts WHERE message_key = ?)`;
  const linkStatesOf = database.prepare<[Buffer, number]>(linkStates);
  const events = 'FROM events WHERE message_key = ? AND hit_id >= ?';
  return {
    messageFrom: database.first(
      `SELECT min(key) FROM (SELECT min(key) AS key FROM messages WHERE key >= ?
      UNION ALL SELECT min(key) FROM deleted_messages WHERE key >= ?) AS next HAVING min(key) IS NOT NULL`,
    ),
    ofMessage: [
      ...(['sends', 'send_log', 'deliveries', 'states', 'unsubscribes', 'conversion_touches'] as const).map(byKey),
      ['link_states', (message, recipient) => linkStatesOf.run(recipient, message).changes],
    ],
    hitAfter: database.first(`SELECT hit_id ${events} ORDER BY hit_id LIMIT 1 OFFSET ?`),
    countHits: database.first(`SELECT count(*) ${events}`),
    removeEvents: database.prepare(`DELETE ${events} AND hit_id < ? AND recipient_key = ?`),
    last: [
      ['conversions', database.prepare('DELETE FROM conversions WHERE recipient_key = ?')],
      ['outbox', database.prepare('DELETE FROM outbox WHERE recipient_key = ?')],
      ['suppressions', database.prepare('DELETE FROM suppressions WHERE recipient_key = ?')],
      ['recipients', database.prepare('DELETE FROM recipients WHERE key = ?')],
    ],
  };
}
