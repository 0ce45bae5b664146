// What was sent: one row a recipient of a message, idempotent, and the links of a message with their names.
import type { Kysely } from 'kysely';
import { FULL_CONSENT } from '../base/nouns.ts';
import type { Send, SendStore } from '../track/send-queue.ts';
import { keyIn, messageKeys, recipientKeys, textKeys } from './dictionaries.ts';
import type { Tables } from './tables.ts';

/** Rows in one statement, six values each. */
const CHUNK = 1_000;

/** How many sends were new, and how many had been recorded before. */
export interface RecordedSends {
  readonly accepted: number;
  readonly duplicate: number;
}

export interface SendRows extends SendStore {
  recordSends(message: string, sends: readonly Send[]): Promise<RecordedSends>;
}

export function makeSendStore(db: Kysely<Tables>): SendRows {
  return {
    recordSends: (message, sends) =>
      db.transaction().execute(async (tx) => {
        const firstAtMs = sends.reduce((least, send) => Math.min(least, send.atMs), Date.now());
        const messageKey = keyIn(await messageKeys(tx, [message], firstAtMs), message);
        const recipients = await recipientKeys(
          tx,
          sends.map((send) => send.recipient),
        );
        const domains = await textKeys(
          tx,
          sends.flatMap((send) => send.domain ?? []),
        );
        let accepted = 0;
        for (let at = 0; at < sends.length; at += CHUNK) {
          const rows = sends.slice(at, at + CHUNK).map((send) => ({
            message_key: messageKey,
            recipient_key: keyIn(recipients, send.recipient),
            at_ms: send.atMs,
            domain_key: send.domain === undefined ? null : keyIn(domains, send.domain),
            ...(send.consent ?? FULL_CONSENT),
          }));
          const result = await tx
            .insertInto('sends')
            .values(rows)
            .onConflict((c) => c.doNothing())
            .executeTakeFirst();
          accepted += Number(result.numInsertedOrUpdatedRows ?? 0);
        }
        return { accepted, duplicate: sends.length - accepted };
      }),
    recordLinks: (message, links) =>
      db.transaction().execute(async (tx) => {
        const messageKey = keyIn(await messageKeys(tx, [message], Date.now()), message);
        const destinations = await textKeys(
          tx,
          links.map((link) => link.destination),
        );
        for (const link of links) {
          await tx
            .insertInto('links')
            .values({
              message_key: messageKey,
              link_index: link.index,
              destination_key: keyIn(destinations, link.destination),
              name: link.name,
            })
            .onConflict((c) =>
              c.columns(['message_key', 'link_index', 'destination_key']).doUpdateSet({ name: link.name }),
            )
            .execute();
        }
      }),
  };
}
