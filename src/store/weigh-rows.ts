// What new events say of those that are there, and those of them: events that can matter are looked up, weighed, and
// counted under their new labels, in the transaction that stored the new ones. An open that came through a mail proxy,
// or whose reader never clicked, costs a look-up at most.
import { contextWindowMs, fanOutMs, fanOutRecipients, peerEventsMax } from '../base/limits.ts';
import { LABELS } from '../base/nouns.ts';
import type { ContextHit } from '../classify/evidence.ts';
import { maySpread } from '../classify/find-fan-out.ts';
import type { Judgement } from '../classify/judge-hit.ts';
import { mayChange } from '../classify/judgement-of.ts';
import { reweigh } from '../classify/reweigh.ts';
import { KINDS, wordOf } from './codes.ts';
import { type Changes, getOrSet, type KeyedHit } from './count-rows.ts';
import { type EventHit, EventReader } from './event-hits.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import type { StoredEvent } from './hot-statements.ts';
import { moveState } from './state-rows.ts';
import type { Writer } from './writer.ts';

/** Within a transaction, once the new events are stored and counted: weighs them with what is there. */
export function weighEvents(writer: Writer, fresh: readonly KeyedHit[], changes: Changes): void {
  const real = fresh.filter(({ hit }) => !hit.test);
  const reader = new EventReader(writer, linkCounts(real));
  const sends = findSends(writer, real, reader);
  const places = findPlaces(writer, real, reader);
  for (const [hit, judgement] of reweigh({ sends, places })) relabel(writer, reader.eventOf(hit), judgement, changes);
}

/** The hits of each recipient that may have something to say to a new one. */
function findSends(
  writer: Writer,
  fresh: readonly KeyedHit[],
  reader: EventReader,
): readonly (readonly ContextHit[])[] {
  const { followedBy } = writer.statements;
  return [...groupSends(fresh)].flatMap(([, hits]) => {
    const [first] = hits;
    if (first === undefined) return [];
    const followed = followedBy.all(first.message, first.recipient);
    if (followed.length === 0) return [];
    const opens = opensBeside(writer, followed, hits);
    return followed.length + opens.length > 1 ? [[...followed, ...opens].map((event) => reader.read(event))] : [];
  });
}

/** New hits by mail and recipient, without opens that nothing can change and that say nothing of others. */
function groupSends(fresh: readonly KeyedHit[]): ReadonlyMap<string, KeyedHit[]> {
  const sends = new Map<string, KeyedHit[]>();
  for (const keyed of fresh) {
    const { hit, verdict } = keyed;
    if (hit.kind === 'open' && (hit.peer === null || !mayChange(verdict))) continue;
    getOrSet(sends, `${keyed.message} ${keyed.recipient.toString('latin1')}`, () => []).push(keyed);
  }
  return sends;
}

/** Opens of the same recipient from an address that clicked: the others have nothing to do with a click. */
function opensBeside(
  writer: Writer,
  followed: readonly StoredEvent[],
  fresh: readonly KeyedHit[],
): readonly StoredEvent[] {
  const times = [...followed.map(({ hit_id }) => timeOf(hit_id)), ...fresh.map(({ hit }) => hit.atMs)];
  const from = hitIdAt(Math.max(0, Math.min(...times) - contextWindowMs));
  const before = hitIdAt(Math.max(...times) + contextWindowMs + 1);
  const peers = new Map(followed.flatMap(({ peer }) => (peer === null ? [] : [[peer.toString('hex'), peer] as const])));
  return [...peers.values()].flatMap((peer) =>
    writer.statements.fromPeer.all(peer, from, before, peerEventsMax).filter(({ kind, message_key, recipient_key }) => {
      const isOfSend = message_key === followed[0]?.message_key && followed[0].recipient_key.equals(recipient_key);
      return isOfSend && wordOf(KINDS, kind) === 'open';
    }),
  );
}

/** The hits of each address from which a new one came that counts for it, a minute before and after. */
function findPlaces(
  writer: Writer,
  fresh: readonly KeyedHit[],
  reader: EventReader,
): readonly (readonly ContextHit[])[] {
  const spans = new Map<string, { firstMs: number; lastMs: number }>();
  for (const { hit, verdict } of fresh) {
    if (hit.peer === null || !maySpread({ place: hit.peer, own: verdict })) continue;
    const span = getOrSet(spans, hit.peer, () => ({ firstMs: hit.atMs, lastMs: hit.atMs }));
    span.firstMs = Math.min(span.firstMs, hit.atMs);
    span.lastMs = Math.max(span.lastMs, hit.atMs);
  }
  return [...spans].flatMap(([peer, { firstMs, lastMs }]) => {
    const from = hitIdAt(Math.max(0, firstMs - fanOutMs));
    const before = hitIdAt(lastMs + fanOutMs + 1);
    const events = writer.statements.fromPeer.all(Buffer.from(peer, 'hex'), from, before, peerEventsMax);
    return events.length < fanOutRecipients ? [] : [events.map((event) => reader.read(event))];
  });
}

function linkCounts(fresh: readonly KeyedHit[]): ReadonlyMap<number, number> {
  return new Map(fresh.flatMap(({ hit, message }) => (hit.link === null ? [] : [[message, hit.link.count] as const])));
}

function relabel(writer: Writer, event: EventHit, judgement: Judgement, changes: Changes): void {
  const { row, version, label } = event;
  writer.statements.relabel.run(
    writer.verdicts.keyOf({ ...judgement, rulesVersion: version }),
    row.message_key,
    row.hit_id,
  );
  const kind = wordOf(KINDS, row.kind);
  if (kind === 'unsubscribe' || row.repeat === 1) return;
  const link =
    row.link_index === null || row.destination_key === null
      ? null
      : { index: row.link_index, destination: row.destination_key };
  const counted = { message: row.message_key, recipient: row.recipient_key, kind, atMs: timeOf(row.hit_id), link };
  moveState(writer, counted, wordOf(LABELS, label), judgement.label, changes);
}
