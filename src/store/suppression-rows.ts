// Who gets no more mail of this sender, and why: whoever left any of its messages, and whom the sender says.
import type { Sendability, SuppressionReason } from '../track/send-log.ts';
import { codeOf, wordOf } from './codes.ts';
import { controlNow } from './control-now.ts';
import type { Writer } from './writer.ts';

/** The most frequent first. */
const REASONS: readonly SuppressionReason[] = ['unsubscribe', 'bounce', 'complaint', 'manual'];

export interface Suppressions {
  /** What is known of recipients that decides whether they may get mail; in the order of the ids. */
  sendability(recipients: readonly string[]): Promise<readonly Sendability[]>;
  /**
   * Recipients who get no more mail, whichever message it is of; who is suppressed already stays so for the first
   * reason, and nothing is written of who is erased.
   */
  suppress(recipients: readonly string[], reason: SuppressionReason): Promise<number>;
  /** Lets recipients get mail again; gives how many were suppressed. */
  unsuppress(recipients: readonly string[]): Promise<number>;
}

export function makeSuppressions(writer: Writer): Suppressions {
  return {
    sendability: (recipients) => writer.transaction(() => sendability(writer, recipients)),
    suppress: (recipients, reason) =>
      writer.transaction(() => {
        let added = 0;
        const { isErased } = controlNow(writer.statements);
        for (const key of writer.recipientKeys(recipients.filter((id) => !isErased(id))).values()) {
          added += suppressNow(writer, key, reason, Date.now());
        }
        return added;
      }),
    unsuppress: (recipients) =>
      writer.transaction(() => {
        let removed = 0;
        for (const recipient of recipients) {
          const key = writer.recipientKey(recipient);
          if (key !== undefined) removed += writer.statements.dropSuppression.run(key).changes;
        }
        return removed;
      }),
  };
}

/** Within a transaction; 1 when it is new. */
export function suppressNow(writer: Writer, key: Buffer, reason: SuppressionReason, atMs: number): number {
  return writer.statements.addSuppression.run(key, codeOf(REASONS, reason), atMs).changes;
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
