// Settling in the database: hits become events; recipients' states and messages' counts follow in the same transaction
// and change only for events that were really new, so a batch may come twice. Hits without a recipient leave no event:
// for them the place in the journal says what is new. What the control state forbids by now is not kept.
import type { Kysely } from 'kysely';
import type { Hit } from '../base/nouns.ts';
import type { OwnRules, VerdictRule } from '../classify/own-rules.ts';
import type { JudgedHit } from '../settle/judge-hits.ts';
import { keepHit } from '../settle/keep-hit.ts';
import type { SettleBatch, SettleStore } from '../settle/settler.ts';
import { codeOf, KINDS, NETWORKS } from './codes.ts';
import { controlNow } from './control-now.ts';
import { applyConversions } from './conversion-rows.ts';
import { Changes, countsInReports, type KeyedHit } from './count-rows.ts';
import { forgetPeers, notePeers, noteWaiting, prepareForgetting } from './counted-rows.ts';
import type { EventColumns } from './hot-statements.ts';
import { judgeSent } from './judge-sent.ts';
import { placeHits } from './known-peers.ts';
import type { RecipientKeys } from './recipient-keys.ts';
import { dayOf, noteEvents } from './retain-rows.ts';
import { SendReader } from './send-reader.ts';
import { Overtaken } from './sql.ts';
import { applyStates, type FoldedStates, foldStates } from './state-rows.ts';
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
    settle: (batch) =>
      writer.beside(
        () => prepare(writer, batch),
        (prepared, mustJudgeAgain) => {
          if (prepared === undefined) return;
          finish(writer, batch, mustJudgeAgain ? { ...prepared, counted: judgeAgain(writer, prepared) } : prepared);
        },
      ),
    noteWaiting: (waiting) => writer.transaction(() => noteWaiting(writer, waiting), 'none'),
    forgetPeers: (beforeMs, waiting) =>
      writer.beside(
        () => prepareForgetting(writer, beforeMs, waiting),
        (isOurs) => {
          if (isOurs) return forgetPeers(writer, beforeMs, waiting);
          if (waiting !== undefined) noteWaiting(writer, waiting);
          return false;
        },
      ),
  };
}

/** A batch whose events are in the table, and counted nowhere yet. */
interface Prepared {
  readonly own: OwnRules;
  /** Hits that came with a recipient, as they came. */
  readonly known: readonly KeyedHit[];
  readonly anonymous: readonly KeyedHit[];
  readonly newRecipients: RecipientKeys['missing'];
  readonly counted: Counted;
}

/** The new ones of a batch, and what they add to the counts as far as that depends on nothing else. */
interface Counted {
  /** Of the known ones those that were new, as they are judged by themselves. */
  readonly fresh: readonly KeyedHit[];
  readonly states: FoldedStates;
  readonly changes: Changes;
}

/** What may run beside other writers; nothing for a batch that was settled before. */
function prepare(writer: Writer, batch: SettleBatch): Prepared | undefined {
  if (isSettled(batch, writer.statements.placeOf.get(batch.journal) ?? 0)) return undefined;
  const keyed = findKeys(writer, keepHits(writer, batch.hits));
  const own = writer.ownRules.keep(batch.rules ?? NO_RULES);
  const sends = new SendReader(writer.statements);
  const fresh = insertEvents(writer, judgeSent(placeHits(writer, keyed.known, own), sends, own));
  return { ...keyed, own, counted: count(writer, fresh, keyed.anonymous, sends) };
}

function count(writer: Writer, fresh: readonly KeyedHit[], anonymous: readonly KeyedHit[], sends: SendReader): Counted {
  const changes = new Changes(writer, sends);
  const hits = fresh.filter(countsInReports);
  for (const keyed of hits) changes.addTotal(keyed);
  for (const keyed of anonymous.filter(countsInReports)) changes.addAnonymous(keyed);
  for (const keyed of [...fresh, ...anonymous]) if (keyed.hit.test) changes.addTest(keyed);
  return { fresh, states: foldStates(hits), changes };
}

/** Whether somebody else has settled this batch. */
function isSettled({ after, through }: SettleBatch, place: number): boolean {
  if (place >= through) return true;
  if (place !== after) {
    throw new Error(`Another process settles this journal too: it stands at ${place}, not at ${after}.`);
  }
  return false;
}

/** Once more by what has become known of sends and addresses since; the events say so, too. */
function judgeAgain(writer: Writer, { known, anonymous, own, counted: { fresh } }: Prepared): Counted {
  const { relabel, setPlace } = writer.statements;
  const sends = new SendReader(writer.statements);
  const before = new Map(fresh.map((keyed) => [keyed.hit.id, keyed]));
  const judged = judgeSent(placeHits(writer, known, own), sends, own).filter(({ hit }) => before.has(hit.id));
  for (const { hit, host, verdict, message } of judged) {
    const last = before.get(hit.id);
    const id = Buffer.from(hit.id, 'hex');
    if (last?.hit.network !== hit.network || last.host !== host) {
      setPlace.queue(codeOf(NETWORKS, hit.network), hostKey(writer, host), message, id);
    }
    const verdictKey = writer.verdicts.keyOf(verdict);
    if (last === undefined || verdictKey !== writer.verdicts.keyOf(last.verdict))
      relabel.queue(verdictKey, message, id);
  }
  return count(writer, judged.sort(byEventKey), anonymous, sends);
}

/** What nobody else does meanwhile: counts the events, and weighs them with those that are there. */
function finish(writer: Writer, batch: SettleBatch, { anonymous, newRecipients, counted }: Prepared): void {
  const { fresh, states, changes } = counted;
  const { statements } = writer;
  if (isSettled(batch, statements.lockPlace.get(batch.journal, 0) ?? 0))
    throw new Overtaken('it was settled meanwhile');
  writer.addRecipients(newRecipients);
  noteLinkCounts(writer, fresh);
  notePeers(writer, fresh);
  noteEvents(writer, fresh);
  applyStates(writer, states, changes);
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
  statements.keepPlace.queue(batch.through, batch.journal);
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
function findKeys(writer: Writer, hits: readonly JudgedHit[]): Pick<Prepared, 'known' | 'anonymous' | 'newRecipients'> {
  const firstAtMs = hits.reduce((least, { hit }) => Math.min(least, hit.atMs), Number.MAX_SAFE_INTEGER);
  const isKnown = ({ hit }: JudgedHit) => hit.level === 'individual' && hit.recipient !== null;
  const recipients = writer.chooseRecipients(hits.filter(isKnown).map(({ hit }) => hit.recipient ?? ''));
  writer.makeMessages(hits.map(({ hit }) => ({ id: hit.message, atMs: firstAtMs })));
  const withKeys = ({ hit, verdict }: JudgedHit): KeyedHit => ({
    hit,
    verdict,
    message: writer.messages.keyOf({ id: hit.message, atMs: firstAtMs }),
    recipient: recipients.keys.get(hit.recipient ?? '') ?? NOBODY,
    host: '',
  });
  return {
    known: distinctById(hits.filter(isKnown)).map(withKeys),
    anonymous: hits.filter((judged) => !isKnown(judged)).map(withKeys),
    newRecipients: recipients.missing,
  };
}

const NOBODY = Buffer.alloc(0);

function distinctById(hits: readonly JudgedHit[]): readonly JudgedHit[] {
  return [...new Map(hits.map((judged) => [judged.hit.id, judged])).values()];
}

/** Inserts events, in the order of the table, and returns those that were not there. */
function insertEvents(writer: Writer, hits: readonly KeyedHit[]): readonly KeyedHit[] {
  const { addEvent } = writer.statements;
  const sorted = [...hits].sort(byEventKey);
  writer.signals.readAhead(sorted.flatMap(({ hit }) => [signalOf(hit, agentOf(hit)), signalOf(hit, hit.method)]));
  writer.texts.readAhead(sorted.flatMap(({ hit, host }) => [hit.link?.destination ?? '', host].filter(Boolean)));
  const verdicts = [...new Set(sorted.map(({ verdict }) => verdict))];
  writer.verdicts.readAhead(verdicts);
  const verdictKeys = new Map(verdicts.map((verdict) => [verdict, writer.verdicts.keyOf(verdict)]));
  const rows = sorted.map(
    ({ hit, verdict, message, recipient, host }): EventColumns => [
      message,
      Buffer.from(hit.id, 'hex'),
      codeOf(KINDS, hit.kind),
      recipient,
      hit.link?.index ?? null,
      hit.link === null ? null : writer.texts.keyOf(hit.link.destination),
      verdictKeys.get(verdict) ?? writer.verdicts.keyOf(verdict),
      writer.signals.keyOf(signalOf(hit, agentOf(hit))),
      writer.signals.keyOf(signalOf(hit, hit.method)),
      hit.test ? 1 : 0,
      hit.peer === null ? null : Buffer.from(hit.peer, 'hex'),
      codeOf(NETWORKS, hit.network),
      hit.repeat ? 1 : 0,
      hostKey(writer, host),
    ],
  );
  writer.makeRoom(sorted.map(({ hit }) => hit.atMs));
  const changes = addEvent.runs(rows);
  return sorted.filter((_, at) => changes[at] === 1);
}

function hostKey(writer: Writer, host: string): number {
  return host === '' ? NO_TEXT : writer.texts.keyOf(host);
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
