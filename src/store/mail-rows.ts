// Mails as they were sent, once each and a few of a message, for the click map.
import type { Kysely } from 'kysely';
import { keptMailsMax } from '../base/limits.ts';
import type { MailSource } from '../report/click-map.ts';
import type { MailStore, PackedMail } from '../track/mail-queue.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

export interface MailRows extends MailStore, MailSource {}

export function makeMailStore(db: Kysely<Tables>, writer: Writer): MailRows {
  return {
    recordMail: (message, mail) => writer.transaction(() => recordMail(writer, message, mail), 'none'),
    async listMails(message) {
      const rows = await db
        .selectFrom('mails')
        .innerJoin('messages', 'messages.key', 'mails.message_key')
        .select(['hash', 'at_ms as atMs', 'bytes'])
        .where('messages.id', '=', message)
        .orderBy('at_ms')
        .orderBy('hash')
        .execute();
      return rows.map(({ hash, ...rest }) => ({ hash: hash.toString('hex'), ...rest }));
    },
    async readMail(message, hash) {
      const row = await db
        .selectFrom('mails')
        .innerJoin('messages', 'messages.key', 'mails.message_key')
        .select('packed')
        .where('messages.id', '=', message)
        .where('hash', '=', Buffer.from(hash, 'hex'))
        .executeTakeFirst();
      return row?.packed;
    },
  };
}

function recordMail(writer: Writer, message: string, { hash, bytes, packed, atMs }: PackedMail): boolean {
  const key = writer.messages.keyOf({ id: message, atMs });
  if ((writer.statements.countMails.get(key) ?? 0) >= keptMailsMax) return false;
  return writer.statements.addMail.run(key, Buffer.from(hash), atMs, bytes, Buffer.from(packed)).changes > 0;
}
