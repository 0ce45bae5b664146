// What was sent: one row a recipient of a message, idempotent, and the links of a message with their names.
import { FULL_CONSENT } from '../base/nouns.ts';
import type { Send, SendStore } from '../track/send-queue.ts';
import { findCohorts } from './audience-rows.ts';
import { codeOf, LEVELS } from './codes.ts';
import { controlNow } from './control-now.ts';
import { Changes } from './count-rows.ts';
import { haveBounced } from './delivery-rows.ts';
import type { SendColumns } from './hot-statements.ts';
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
    recordSends: (message, sends) => writer.transaction(() => recordSends(writer, message, sends), 'judge-again'),
    recordLinks: (message, links) => writer.transaction(() => recordLinks(writer, message, links), 'none'),
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
  const mayBeSeen = writer.statements.hasStates.get(messageKey) !== undefined;
  const changes = new Changes(writer);
  const rows = rowsOf(writer, messageKey, firstOf);
  const inserted = writer.statements.addSend.runs(rows.map(({ columns }) => columns));
  for (const [at, { send, columns }] of rows.entries()) {
    if (inserted[at] === 0) continue;
    const [, key, , timed, domain, , , cohort] = columns;
    const isTimed = timed === 1;
    const { opens, clicks } = send.consent ?? FULL_CONSENT;
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
    writer.statements.countSends.queue(fresh.length, ...counts, messageKey);
  }
  judgeLateSends(writer, messageKey, fresh, changes);
  changes.write();
  const duplicate = sends.length - erased.length - fresh.length;
  return { accepted: fresh.length, duplicate, ...(erased.length > 0 && { erased }) };
}

interface NewRow {
  readonly send: Send;
  readonly columns: SendColumns;
}

/** The rows of sends, in the order of the table. */
function rowsOf(writer: Writer, message: number, sends: ReadonlyMap<string, Send>): readonly NewRow[] {
  const keyed = [...writer.recipientKeys(sends.keys())].flatMap(([recipient, key]) => {
    const send = sends.get(recipient);
    return send === undefined ? [] : [{ key, send }];
  });
  const bounced = haveBounced(
    writer,
    message,
    keyed.map(({ key }) => key),
  );
  const cohorts = findCohorts(
    writer.statements,
    message,
    keyed.map(({ key, send }) => ({ recipient: key, domain: send.domain })),
  );
  return keyed.map(({ key, send }, at) => {
    const { opens, clicks } = send.consent ?? FULL_CONSENT;
    const domain = send.domain === undefined ? null : writer.texts.keyOf(send.domain);
    const isSample = opens === 'individual' && bounced[at] !== true;
    const levels = [codeOf(LEVELS, opens), codeOf(LEVELS, clicks)] as const;
    const timed = (send.isTimed ?? true) ? 1 : 0;
    return {
      send,
      columns: [message, key, send.atMs, timed, domain, ...levels, isSample ? (cohorts[at] ?? null) : null],
    };
  });
}

function recordLinks(writer: Writer, message: string, links: Parameters<SendStore['recordLinks']>[1]): void {
  const messageKey = writer.messages.keyOf({ id: message, atMs: Date.now() });
  for (const { index, destination, name, merged = false } of links) {
    const key = merged ? NO_TEXT : writer.texts.keyOf(destination);
    writer.statements.addLink.queue(messageKey, index, key, name, merged ? destination : null);
  }
}
