// What was sent: one row a recipient of a message, idempotent, and the links of a message with their names.
import { FULL_CONSENT } from '../base/nouns.ts';
import type { Send, SendStore } from '../track/send-queue.ts';
import { AudienceMoves, cohortFinder } from './audience-rows.ts';
import { codeOf, LEVELS } from './codes.ts';
import type { Writer } from './writer.ts';

/** How many sends were new, and how many had been recorded before. */
export interface RecordedSends {
  readonly accepted: number;
  readonly duplicate: number;
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

function recordSends(writer: Writer, message: string, sends: readonly Send[]): RecordedSends {
  const firstAtMs = sends.reduce((least, send) => Math.min(least, send.atMs), Date.now());
  const messageKey = writer.messages.keyOf({ id: message, atMs: firstAtMs });
  const firstOf = new Map<string, Send>();
  for (const send of sends) if (!firstOf.has(send.recipient)) firstOf.set(send.recipient, send);
  const added = { sent: 0, firstAtMs: Number.MAX_SAFE_INTEGER, opens: 0, clicks: 0 };
  const cohortOf = cohortFinder(writer.statements, messageKey);
  const mayBeSeen = writer.statements.hasStates.get(messageKey) !== undefined;
  const audiences = new AudienceMoves(writer.statements);
  for (const [recipient, key] of writer.recipientKeys(firstOf.keys())) {
    const send = firstOf.get(recipient);
    if (send === undefined) continue;
    const { opens, clicks } = send.consent ?? FULL_CONSENT;
    const domain = send.domain === undefined ? null : writer.texts.keyOf(send.domain);
    const levels = [codeOf(LEVELS, opens), codeOf(LEVELS, clicks)] as const;
    const cohort = opens === 'individual' ? cohortOf(key, send.domain) : null;
    if (writer.statements.addSend.run(messageKey, key, send.atMs, domain, ...levels, cohort).changes === 0) continue;
    audiences.enter({ message: messageKey, recipient: key, cohort, domain, mayBeSeen });
    added.sent += 1;
    added.firstAtMs = Math.min(added.firstAtMs, send.atMs);
    if (opens === 'individual') added.opens += 1;
    if (clicks === 'individual') added.clicks += 1;
  }
  audiences.write();
  if (added.sent > 0) {
    writer.statements.countSends.run(added.sent, added.firstAtMs, added.opens, added.clicks, messageKey);
  }
  return { accepted: added.sent, duplicate: sends.length - added.sent };
}

function recordLinks(writer: Writer, message: string, links: Parameters<SendStore['recordLinks']>[1]): void {
  const messageKey = writer.messages.keyOf({ id: message, atMs: Date.now() });
  for (const { index, destination, name } of links) {
    writer.statements.addLink.run(messageKey, index, writer.texts.keyOf(destination), name);
  }
}
