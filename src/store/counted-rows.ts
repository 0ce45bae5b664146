// What was counted lately, for whoever decides which requests came again; and the end of what that takes: a peer is
// forgotten once its window has closed. `kept_peers` says since when a message has events with peers, so that neither
// looks at events that have none.
import type { Kysely } from 'kysely';
import { peerKeptMs, peerMessagesAtOnce, peersForgottenAtOnce, waitingBelievedMs } from '../base/limits.ts';
import { LABELS, type Label } from '../base/nouns.ts';
import { ownJudgement } from '../classify/judgement-of.ts';
import type { CountedRequest, CountedSource } from '../settle/repeats.ts';
import type { Waiting } from '../settle/settle-store.ts';
import { codeOf, KINDS, wordOf } from './codes.ts';
import type { KeyedHit } from './count-rows.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import type { HotStatements, StoredVerdict } from './hot-statements.ts';
import { unpackId } from './recipient-keys.ts';
import type { Tables } from './tables.ts';
import type { Writer } from './writer.ts';

export function makeCountedSource(db: Kysely<Tables>): CountedSource {
  return {
    async countedSince(message, fromMs, limit) {
      const rows = await db
        .selectFrom('messages')
        .innerJoin('events', 'events.message_key', 'messages.key')
        .innerJoin('recipients', 'recipients.key', 'events.recipient_key')
        .innerJoin('verdicts', 'verdicts.key', 'events.verdict_key')
        .innerJoin('texts as agents', 'agents.key', 'events.agent_key')
        .innerJoin('texts as methods', 'methods.key', 'events.method_key')
        .leftJoin('texts as destinations', 'destinations.key', 'events.destination_key')
        .select([
          ...(['events.hit_id', 'events.kind', 'events.test', 'events.peer', 'events.link_index'] as const),
          ...(['recipients.id as recipient', 'agents.text as agent'] as const),
          ...(['verdicts.label', 'verdicts.confidence', 'verdicts.reasons'] as const),
          ...(['methods.text as method', 'destinations.text as destination'] as const),
        ])
        .where('messages.id', '=', message)
        .where('events.hit_id', '>=', hitIdAt(fromMs))
        .where('events.peer', 'is not', null)
        .where('events.repeat', '=', 0)
        .where('events.kind', '!=', codeOf(KINDS, 'unsubscribe'))
        .orderBy('events.hit_id', 'desc')
        .limit(limit)
        .execute();
      return rows.reverse().map(
        (row): CountedRequest => ({
          id: row.hit_id.toString('hex'),
          atMs: timeOf(row.hit_id),
          kind: wordOf(KINDS, row.kind),
          message,
          recipient: unpackId(row.recipient),
          test: row.test === 1,
          link: row.link_index === null ? null : { index: row.link_index, destination: row.destination ?? '' },
          method: row.method,
          agent: row.agent,
          peer: row.peer?.toString('hex') ?? '',
          label: labelAlone(row),
        }),
      );
    },
  };
}

/** What a request was by itself, which is how the next one is known: what other hits said of it came later. */
function labelAlone({ label, confidence, reasons }: Omit<StoredVerdict, 'rules_version'>): Label {
  return ownJudgement({ label: wordOf(LABELS, label), confidence, reasons: reasons.split(' ') }).label;
}

/** Within a transaction: notes since when messages have events with peers. */
export function notePeers({ statements }: Writer, hits: readonly KeyedHit[]): void {
  const firsts = new Map<number, number>();
  for (const { hit, message } of hits) {
    if (hit.peer !== null) firsts.set(message, Math.min(hit.atMs, firsts.get(message) ?? hit.atMs));
  }
  for (const [message, firstMs] of firsts) statements.notePeers.queue(message, firstMs);
}

/** Within a transaction: notes how far back what waits lies. */
export function noteWaiting({ statements }: Writer, { journals, fromMs, untilMs }: Waiting): void {
  for (const journal of journals) statements.noteWaiting.queue(journal, 0, fromMs, fromMs === null ? null : untilMs);
}

/**
 * Beside others who write: what costs time of forgetting peers. Whether that is for us to do: one is enough, and two would
 * wait for each other's rows.
 */
export function prepareForgetting(writer: Writer, dueMs: number, waiting?: Waiting): boolean {
  if (!writer.isAlone('forgetting')) return false;
  const { statements } = writer;
  const beforeMs = waiting === undefined ? dueMs : Math.min(dueMs, neededFrom(writer, waiting));
  const { together, end } = findDuePeers(statements, beforeMs);
  statements.forgetPeers.runs(together.map(({ message, from }) => [message, from, end]));
  return true;
}

/** When nobody else writes: forgets peers of events before a time that nobody waits with; whether there may be more. */
export function forgetPeers(writer: Writer, dueMs: number, waiting?: Waiting): boolean {
  const { statements } = writer;
  if (waiting !== undefined) {
    noteWaiting(writer, waiting);
    statements.dropWaiting.run(waiting.nowMs);
  }
  const beforeMs = waiting === undefined ? dueMs : Math.min(dueMs, neededFrom(writer, waiting));
  statements.dropKnownPeers.run(beforeMs);
  const { together, end } = findDuePeers(statements, beforeMs);
  if (together.length === 0) return false;
  statements.notePeersBefore.run(beforeMs, beforeMs);
  statements.forgetPeers.runs(together.map(({ message, from }) => [message, from, end]));
  const next = statements.nextPeer.gets(together.map(({ message }) => [message, end]));
  for (const [at, { message }] of together.entries()) {
    const left = next[at];
    if (left === undefined) statements.dropPeers.queue(message);
    else statements.movePeers.queue(timeOf(left), message);
  }
  return true;
}

/** Messages whose events come next, and where to stop: many messages that have few, or one of many, as far as is done at once. */
function findDuePeers({ duePeers, eventAfter }: HotStatements, beforeMs: number) {
  const before = hitIdAt(beforeMs);
  const due = duePeers
    .all(beforeMs, peerMessagesAtOnce)
    .map(({ message_key: message, from_ms: fromMs }) => ({ message, from: hitIdAt(fromMs) }));
  const few = peersForgottenAtOnce / peerMessagesAtOnce;
  const ends = eventAfter.gets(due.map(({ message, from }) => [message, from, before, few]));
  const [first] = due;
  if (first === undefined || ends[0] === undefined) {
    return { together: due.filter((_, at) => ends[at] === undefined), end: before };
  }
  const end = eventAfter.get(first.message, first.from, before, peersForgottenAtOnce) ?? before;
  return { together: [first], end };
}

/** From when on a peer may be needed by what waits anywhere. */
function neededFrom(writer: Writer, { nowMs }: Waiting): number {
  // What is to be believed for longer than anybody may ask for was told by a clock that is wrong.
  const sinceMs = writer.statements.waitingSince.get(nowMs, nowMs + 2 * waitingBelievedMs);
  return (sinceMs ?? nowMs) - peerKeptMs;
}
