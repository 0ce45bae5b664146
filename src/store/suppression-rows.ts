// Who gets no more mail of this sender, and why: whoever left any of its messages, and whom the sender says.

import type { Kysely } from 'kysely';
import { SUPPRESSION_REASONS, type SuppressionReason } from '../base/nouns.ts';
import type { SuppressedRow, SuppressionSource } from '../report/list-suppressions.ts';
import type { Sendability } from '../track/send-log.ts';
import { codeOf, wordOf } from './codes.ts';
import { controlNow } from './control-now.ts';
import { unpackId } from './recipient-keys.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

/** By their places, which never change. */
export const REASONS: readonly SuppressionReason[] = SUPPRESSION_REASONS;

export interface Suppressions extends SuppressionSource {
  /** What is known of recipients that decides whether they may get mail; in the order of the ids. */
  sendability(recipients: readonly string[]): Promise<readonly Sendability[]>;
  /**
   * Recipients who get no more mail, whichever message it is of; who is suppressed already stays so for the first
   * reason, and nothing is written of who is erased.
   */
  suppress(recipients: readonly string[], reason: SuppressionReason, source?: string): Promise<number>;
  /** The suppression of a recipient; nothing when there is none. */
  suppressionOf(recipient: string): Promise<SuppressedRow | undefined>;
  /** Lets recipients get mail again; gives how many were suppressed. */
  unsuppress(recipients: readonly string[]): Promise<number>;
}

export function makeSuppressions(db: Kysely<Tables>, writer: Writer): Suppressions {
  return {
    async listSuppressions({ after, limit }) {
      const rows = await selectSuppressed(db)
        .$if(after !== null, (query) => query.where('recipient_key', '>', Buffer.from(after ?? '', 'hex')))
        .limit(limit + 1)
        .execute();
      const shown = rows.slice(0, limit);
      const next = rows.length > limit ? (shown.at(-1)?.recipient_key.toString('hex') ?? null) : null;
      return { rows: shown.map(toSuppressed), next };
    },
    async suppressionOf(recipient) {
      const key = writer.recipientKey(recipient);
      if (key === undefined) return undefined;
      const row = await selectSuppressed(db).where('recipient_key', '=', key).executeTakeFirst();
      return row && toSuppressed(row);
    },
    sendability: (recipients) => writer.transaction(() => sendability(writer, recipients), 'none'),
    suppress: (recipients, reason, source) =>
      writer.transaction(() => {
        let added = 0;
        const { isErased } = controlNow(writer.statements);
        for (const key of writer.recipientKeys(recipients.filter((id) => !isErased(id))).values()) {
          added += suppressNow(writer, key, { reason, source, atMs: Date.now() });
        }
        return added;
      }, 'none'),
    unsuppress: (recipients) =>
      writer.transaction(() => {
        let removed = 0;
        for (const recipient of recipients) {
          const key = writer.recipientKey(recipient);
          if (key !== undefined) removed += writer.statements.dropSuppression.run(key).changes;
        }
        return removed;
      }, 'none'),
  };
}

function selectSuppressed(db: Kysely<Tables>) {
  return db
    .selectFrom('suppressions')
    .innerJoin('recipients', 'recipients.key', 'recipient_key')
    .select(['recipient_key', 'recipients.id', 'reason', 'source', 'at_ms'])
    .orderBy('recipient_key');
}

function toSuppressed(row: {
  readonly id: string | Buffer;
  readonly reason: number;
  readonly source: string | null;
  readonly at_ms: number;
}): SuppressedRow {
  const { id, reason, source, at_ms: atMs } = row;
  return { recipient: unpackId(id), reason: wordOf(REASONS, reason), source, atMs };
}

/** Within a transaction; 1 when it is new. */
export function suppressNow(
  writer: Writer,
  key: Buffer,
  why: { readonly reason: SuppressionReason; readonly source?: string | undefined; readonly atMs: number },
): number {
  const { reason, source = null, atMs } = why;
  return writer.statements.addSuppression.run(key, codeOf(REASONS, reason), source, atMs).changes;
}

function sendability(writer: Writer, recipients: readonly string[]): readonly Sendability[] {
  const { isErased, consentOf } = controlNow(writer.statements);
  return recipients.map((recipient) => {
    const key = writer.recipientKey(recipient);
    const reason = key === undefined ? undefined : writer.statements.suppressionOf.get(key);
    return {
      recipient,
      suppressed: reason === undefined ? null : wordOf(REASONS, reason),
      erased: isErased(recipient),
      consent: consentOf(recipient) ?? null,
    };
  });
}
