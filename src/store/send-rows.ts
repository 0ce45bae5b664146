// What was sent: one row a recipient of a message, idempotent, and the links of a message with their names.
import { FULL_CONSENT } from '../base/nouns.ts';
import type { Send, SendStore } from '../track/send-queue.ts';
import { cohortFinder } from './audience-rows.ts';
import { codeOf, LEVELS } from './codes.ts';
import { controlNow } from './control-now.ts';
import { Changes } from './count-rows.ts';
import { hasBounced } from './delivery-rows.ts';
import { judgeLateSends, type NewSend } from './late-sends.ts';
import { NO_TEXT } from './tables.ts';
import type { Writer } from './writer.ts';

/** How many sends were new, and how many had been recorded before. */
export interface RecordedSends {
  readonly accepted: number;
  readonly duplicate: number;
  /** Recipients that are erased, of whom nothing was recorded; absent without any. */
  readonly erased?: readonly string[];
}

export interface SendRows extends SendStore {
  recordSends(message: string, sends: readonly Send[]): Promise<RecordedSends>;
}

export function makeSendStore(writer: Writer): SendRows {
  return {
    recordSends: (message, sends) => writer.transaction(() => recordSends(writer, message, sends)),
    recordLinks: (message, links) => writer.transaction(() => recordLinks(writer, message, links)),
  };
}

/** Within a transaction. */
export function recordSends(writer: Writer, message: string, sends: readonly Send[]): RecordedSends {
  const firstAtMs = sends.reduce((least, send) => Math.min(least, send.atMs), Date.now());
  const messageKey = writer.messages.keyOf({ id: message, atMs: firstAtMs });
  const firstOf = new Map<string, Send>();
  const { isErased } = controlNow(writer.statements);
  const erased: string[] = [];
  for (const send of sends) {
    if (isErased(send.recipient)) erased.push(send.recipient);
    else if (!firstOf.has(send.recipient)) firstOf.set(send.recipient, send);
  }
  const added = { firstAtMs: Number.MAX_SAFE_INTEGER, lastAtMs: Number.NEGATIVE_INFINITY, opens: 0, clicks: 0 };
  const fresh: NewSend[] = [];
  const cohortOf = cohortFinder(writer.statements, messageKey);
  const mayBeSeen = writer.statements.hasStates.get(messageKey) !== undefined;
  const changes = new Changes(writer);
  for (const [recipient, key] of writer.recipientKeys(firstOf.keys())) {
    const send = firstOf.get(recipient);
    if (send === undefined) continue;
    const { opens, clicks } = send.consent ?? FULL_CONSENT;
    const domain = send.domain === undefined ? null : writer.texts.keyOf(send.domain);
    const levels = [codeOf(LEVELS, opens), codeOf(LEVELS, clicks)] as const;
    const isSample = opens === 'individual' && !hasBounced(writer, messageKey, key);
    const cohort = isSample ? cohortOf(key, send.domain) : null;
    const isTimed = send.isTimed ?? true;
    const row = [messageKey, key, send.atMs, isTimed ? 1 : 0, domain, ...levels, cohort] as const;
    if (writer.statements.addSend.run(...row).changes === 0) continue;
    fresh.push({ send, recipient: key });
    changes.audiences.enter({ message: messageKey, recipient: key, cohort, domain, mayBeSeen });
    added.firstAtMs = Math.min(added.firstAtMs, send.atMs);
    if (isTimed) added.lastAtMs = Math.max(added.lastAtMs, send.atMs);
    if (opens === 'individual') added.opens += 1;
    if (clicks === 'individual') added.clicks += 1;
  }
  if (fresh.length > 0) {
    const lastAtMs = Number.isFinite(added.lastAtMs) ? added.lastAtMs : null;
    const counts = [added.firstAtMs, lastAtMs, lastAtMs, added.opens, added.clicks] as const;
    writer.statements.countSends.run(fresh.length, ...counts, messageKey);
  }
  judgeLateSends(writer, messageKey, fresh, changes);
  changes.write();
  const duplicate = sends.length - erased.length - fresh.length;
  return { accepted: fresh.length, duplicate, ...(erased.length > 0 && { erased }) };
}

function recordLinks(writer: Writer, message: string, links: Parameters<SendStore['recordLinks']>[1]): void {
  const messageKey = writer.messages.keyOf({ id: message, atMs: Date.now() });
  for (const { index, destination, name, merged = false } of links) {
    const key = merged ? NO_TEXT : writer.texts.keyOf(destination);
    writer.statements.addLink.run(messageKey, index, key, name, merged ? destination : null);
  }
}
