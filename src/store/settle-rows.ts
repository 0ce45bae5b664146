// Settling in the database: hits become events; recipients' states and messages' counts follow in the same transaction
// and change only for events that were really new, so a batch may come twice. Hits without a recipient leave no event:
// for them the place in the journal says what is new. What the control state forbids by now is not kept.
import type { Kysely } from 'kysely';
import { getOrSet } from '../base/get-or-set.ts';
import type { Hit, Verdict } from '../base/nouns.ts';
import type { VerdictRule } from '../classify/own-rules.ts';
import type { JudgedHit } from '../settle/judge-hits.ts';
import { keepHit } from '../settle/keep-hit.ts';
import type { SettleBatch, SettleStore } from '../settle/settler.ts';
import { codeOf, KINDS, NETWORKS } from './codes.ts';
import { controlNow } from './control-now.ts';
import { applyConversions } from './conversion-rows.ts';
import { Changes, countsInReports, type KeyedHit } from './count-rows.ts';
import { forgetPeers, notePeers, noteWaiting } from './counted-rows.ts';
import type { EventColumns } from './hot-statements.ts';
import { judgeSent } from './judge-sent.ts';
import { placeHits } from './known-peers.ts';
import { dayOf, noteEvents } from './retain-rows.ts';
import { applyStates } from './state-rows.ts';
import { suppressNow } from './suppression-rows.ts';
import { NO_TEXT, type Tables } from './tables.ts';
import { weighEvents } from './weigh-rows.ts';
import type { Writer } from './writer.ts';

export function makeSettleStore(db: Kysely<Tables>, writer: Writer): SettleStore {
  return {
    async settledThrough(journal) {
      const row = await db
        .selectFrom('journals')
        .select('settled_through')
        .where('id', '=', journal)
        .executeTakeFirst();
      return row?.settled_through ?? 0;
    },
    settle: (batch) => writer.transaction(() => settle(writer, batch)),
    noteWaiting: (waiting) => writer.transaction(() => noteWaiting(writer, waiting)),
    forgetPeers: (beforeMs, waiting) => writer.transaction(() => forgetPeers(writer, beforeMs, waiting)),
  };
}

function settle(writer: Writer, batch: SettleBatch): void {
  // A write, so that from here on no other process settles anything.
  const place = writer.statements.lockPlace.get(batch.journal, 0) ?? 0;
  if (place >= batch.through) return;
  if (place !== batch.after) {
    throw new Error(`Another process settles this journal too: it stands at ${place}, not at ${batch.after}.`);
  }
  const { known, anonymous } = findKeys(writer, keepHits(writer, batch.hits));
  const changes = new Changes(writer);
  const own = writer.ownRules.keep(batch.rules ?? NO_RULES);
  const fresh = insertEvents(writer, judgeSent(placeHits(writer, known, own), changes.sends, own));
  noteLinkCounts(writer, fresh);
  notePeers(writer, fresh);
  noteEvents(writer, fresh);
  applyStates(writer, fresh.filter(countsInReports), changes);
  for (const keyed of anonymous.filter(countsInReports)) changes.addAnonymous(keyed);
  for (const keyed of [...fresh, ...anonymous]) if (keyed.hit.test) changes.addTest(keyed);
  changes.notices.addHits(fresh.filter(countsInReports));
  weighEvents(writer, fresh, changes);
  insertUnsubscribes(writer, fresh, anonymous, changes);
  changes.write();
  const { conversions = [] } = batch;
  if (conversions.length > 0)
    applyConversions(
      writer,
      conversions.map(({ conversion }) => conversion),
    );
  writer.statements.keepPlace.queue(batch.through, batch.journal);
}

/** Behind the clicks that came with them. */
const NO_RULES: readonly VerdictRule[] = [];

/** How many links a mail has is in the hits of its links; a burst is most of them. */
function noteLinkCounts({ statements }: Writer, hits: readonly KeyedHit[]): void {
  const counts = new Map<number, number>();
  for (const { hit, message } of hits) {
    if (hit.link !== null && !hit.test) counts.set(message, Math.max(hit.link.count, counts.get(message) ?? 0));
  }
  for (const [message, count] of counts) statements.noteLinkCount.queue(count, message, count);
}

/** What may be kept of the hits by what is in force in this transaction. */
function keepHits(writer: Writer, hits: readonly JudgedHit[]): readonly JudgedHit[] {
  const control = controlNow(writer.statements);
  return hits.flatMap((judged) => {
    const hit = keepHit(judged.hit, control);
    if (hit === undefined) return [];
    return hit === judged.hit ? [judged] : [{ ...judged, hit }];
  });
}

/** Hits with the numbers of their messages and recipients. */
function findKeys(writer: Writer, hits: readonly JudgedHit[]) {
  const firstAtMs = hits.reduce((least, { hit }) => Math.min(least, hit.atMs), Number.MAX_SAFE_INTEGER);
  const isKnown = ({ hit }: JudgedHit) => hit.level === 'individual' && hit.recipient !== null;
  const recipients = writer.recipientKeys(hits.filter(isKnown).map(({ hit }) => hit.recipient ?? ''));
  writer.messages.readAhead(hits.map(({ hit }) => ({ id: hit.message, atMs: firstAtMs })));
  const withKeys = ({ hit, verdict }: JudgedHit): KeyedHit => ({
    hit,
    verdict,
    message: writer.messages.keyOf({ id: hit.message, atMs: firstAtMs }),
    recipient: recipients.get(hit.recipient ?? '') ?? NOBODY,
    host: '',
  });
  return {
    known: distinctById(hits.filter(isKnown)).map(withKeys),
    anonymous: hits.filter((judged) => !isKnown(judged)).map(withKeys),
  };
}

const NOBODY = Buffer.alloc(0);

function distinctById(hits: readonly JudgedHit[]): readonly JudgedHit[] {
  return [...new Map(hits.map((judged) => [judged.hit.id, judged])).values()];
}

/** Inserts events, in the order of the table, and returns those that were not there. */
function insertEvents(writer: Writer, hits: readonly KeyedHit[]): readonly KeyedHit[] {
  const { addEvent } = writer.statements;
  const verdictKeys = new Map<Verdict, number>();
  const sorted = [...hits].sort(byEventKey);
  writer.signals.readAhead(sorted.flatMap(({ hit }) => [signalOf(hit, agentOf(hit)), signalOf(hit, hit.method)]));
  writer.texts.readAhead(sorted.flatMap(({ hit, host }) => [hit.link?.destination ?? '', host].filter(Boolean)));
  const rows = sorted.map(
    ({ hit, verdict, message, recipient, host }): EventColumns => [
      message,
      Buffer.from(hit.id, 'hex'),
      codeOf(KINDS, hit.kind),
      recipient,
      hit.link?.index ?? null,
      hit.link === null ? null : writer.texts.keyOf(hit.link.destination),
      getOrSet(verdictKeys, verdict, () => writer.verdicts.keyOf(verdict)),
      writer.signals.keyOf(signalOf(hit, agentOf(hit))),
      writer.signals.keyOf(signalOf(hit, hit.method)),
      hit.test ? 1 : 0,
      hit.peer === null ? null : Buffer.from(hit.peer, 'hex'),
      codeOf(NETWORKS, hit.network),
      hit.repeat ? 1 : 0,
      host === '' ? NO_TEXT : writer.texts.keyOf(host),
    ],
  );
  writer.makeRoom(sorted.map(({ hit }) => hit.atMs));
  const changes = addEvent.runs(rows);
  return sorted.filter((_, at) => changes[at] === 1);
}

function byEventKey(a: KeyedHit, b: KeyedHit): number {
  return a.message - b.message || (a.hit.id < b.hit.id ? -1 : 1);
}

function agentOf(hit: Hit): string {
  return hit.headers['user-agent'] ?? '';
}

function signalOf({ atMs }: Hit, text: string) {
  return { text, day: dayOf(atMs) };
}

/** A recipient leaves a message once; who has no name here is counted each time, since nobody can tell. */
function insertUnsubscribes(
  writer: Writer,
  known: readonly KeyedHit[],
  anonymous: readonly KeyedHit[],
  changes: Changes,
): void {
  const { addUnsubscribe, countUnsubscribes } = writer.statements;
  const isReal = ({ hit }: KeyedHit) => hit.kind === 'unsubscribe' && !hit.test;
  for (const keyed of known.filter(isReal)) {
    const { hit, message, recipient } = keyed;
    suppressNow(writer, recipient, { reason: 'unsubscribe', atMs: hit.atMs });
    if (addUnsubscribe.run(message, recipient, hit.atMs).changes === 0) continue;
    countUnsubscribes.queue(1, message);
    changes.notices.addUnsubscribe(keyed);
  }
  for (const { message } of anonymous.filter(isReal)) countUnsubscribes.queue(1, message);
}
