// Stored events of which more is known by themselves than before. What a hit is by itself also decides what it says of
// others, so the hits around it are weighed anew, and all counts follow. What others were found to say is found again
// where all their traces are kept, and believed where some may be gone.
import { burstCompanyMs, contextWindowMs, fanOutMs, peerEventsMax } from '../base/limits.ts';
import { LABELS } from '../base/nouns.ts';
import type { ContextRuleId } from '../classify/context-rules.ts';
import type { ContextHit } from '../classify/evidence.ts';
import { maySpread } from '../classify/find-fan-out.ts';
import type { Judgement } from '../classify/judge-hit.ts';
import { isSameJudgement, withEvidence } from '../classify/judgement-of.ts';
import { findEvidence } from '../classify/reweigh.ts';
import { wordOf } from './codes.ts';
import { type Changes, getOrSet } from './count-rows.ts';
import { type EventHit, EventReader } from './event-hits.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import type { KeptEvent, StoredEvent } from './hot-statements.ts';
import { PeerEvents } from './peer-events.ts';
import { moveEvent } from './state-rows.ts';
import type { Writer } from './writer.ts';

/** A stored event, what it is by itself as it is known now, and by which rules. */
export interface Rejudged {
  readonly event: KeptEvent;
  readonly own: Judgement;
  readonly rulesVersion: string;
}

/** Within a transaction. Test traffic is judged by itself, as ever. */
export function rejudge(writer: Writer, rejudged: readonly Rejudged[], changes: Changes): void {
  const reader = new EventReader(writer);
  const changed = rejudged.filter(({ event, own }) => !isSameJudgement(reader.read(event).own, own));
  if (changed.length === 0) return;
  const news = new Map(changed.map((one) => [idOf(one.event), one]));
  const real = changed.filter(({ event }) => event.test === 0).map(({ event }) => event);
  const keptFromMs = writer.statements.peersBefore.get() ?? 0;
  const around: Around = { sends: findSends(writer, real, keptFromMs), places: findPlaces(writer, real, keptFromMs) };
  const hits = new Map<string, { readonly hit: ContextHit; readonly event: EventHit }>();
  const read = (row: StoredEvent) =>
    getOrSet(hits, idOf(row), () => {
      const stored = reader.read(row);
      const own = news.get(stored.id)?.own ?? stored.own;
      const isKept = (rule: ContextRuleId) =>
        !isFoundAgain(rule, stored.id, around) && (rule !== 'fan-out' || maySpread({ place: stored.place, own }));
      const hit = { ...stored, own, known: new Set([...stored.known].filter(isKept)) };
      return { hit, event: reader.eventOf(stored) };
    }).hit;
  const found = findEvidence({
    sends: around.sends.groups.map((group) => group.map(read)),
    places: around.places.groups.map((group) => group.map(read)),
  });
  for (const { event } of changed) read(event);
  for (const { hit, event } of hits.values()) {
    const now = withEvidence(hit.own, new Set([...hit.known, ...(found.get(hit) ?? [])]));
    if (isSameJudgement(event.kept, now)) continue;
    const { rulesVersion = event.version, event: kept } = news.get(hit.id) ?? {};
    const { message_key: message, hit_id: hitId } = event.row;
    writer.statements.relabel.run(writer.verdicts.keyOf({ ...now, rulesVersion }), message, hitId);
    if (kept?.test === 1) continue;
    moveEvent(writer, event.row, { from: wordOf(LABELS, event.label), to: now.label }, changes);
  }
}

/** Events in groups that can say something of each other. */
interface Groups {
  readonly groups: readonly (readonly StoredEvent[])[];
  /** By the id of an event: for how many milliseconds before the first of its group all peers are kept; none where not. */
  readonly keptBeforeMs: ReadonlyMap<string, number>;
}

interface Around {
  readonly sends: Groups;
  readonly places: Groups;
}

/** Whether all that can make a rule speak of an event is there. No send changes what a honeypot says. */
function isFoundAgain(rule: ContextRuleId, id: string, { sends, places }: Around): boolean {
  if (rule === 'fan-out') return places.keptBeforeMs.has(id);
  if (rule === 'honeypot-company' || rule === 'honeypot-before') return false;
  return (sends.keptBeforeMs.get(id) ?? -1) >= (rule === 'two-agents' ? contextWindowMs : burstCompanyMs);
}

/** The mails to one recipient, each, of which an event has changed. */
function findSends(writer: Writer, changed: readonly StoredEvent[], keptFromMs: number): Groups {
  const peerEvents = new PeerEvents(writer, new Map());
  const sends = new Map(changed.map((event) => [sendOf(event), event]));
  const groups = [...sends.values()].flatMap((event) => {
    const followed = writer.statements.followedBy.all(event.message_key, event.recipient_key);
    if (followed.length === 0) return [];
    const times = followed.map(({ hit_id }) => timeOf(hit_id));
    const span = { firstMs: Math.min(...times), lastMs: Math.max(...times) };
    const peers = new Set(followed.flatMap(({ peer }) => (peer === null ? [] : [peer.toString('hex')])));
    return [[...followed, ...[...peers].flatMap((peer) => peerEvents.opensOf(peer, event, span))]];
  });
  const keptBeforeMs = new Map<string, number>();
  for (const group of groups) {
    const firstMs = Math.min(...group.map(({ hit_id }) => timeOf(hit_id)));
    for (const event of group) keptBeforeMs.set(idOf(event), firstMs - keptFromMs);
  }
  return { groups, keptBeforeMs };
}

/** The addresses from which an event that has changed came, each, twice the window of a fan-out around it. */
function findPlaces(writer: Writer, changed: readonly StoredEvent[], keptFromMs: number): Groups {
  const spans = new Map<string, { firstMs: number; lastMs: number }>();
  for (const { peer, hit_id } of changed) {
    if (peer === null) continue;
    const atMs = timeOf(hit_id);
    const span = getOrSet(spans, peer.toString('hex'), () => ({ firstMs: atMs, lastMs: atMs }));
    span.firstMs = Math.min(span.firstMs, atMs);
    span.lastMs = Math.max(span.lastMs, atMs);
  }
  const keptBeforeMs = new Map<string, number>();
  const groups = [...spans].map(([peer, { firstMs, lastMs }]) => {
    const from = hitIdAt(Math.max(0, firstMs - 2 * fanOutMs));
    const before = hitIdAt(lastMs + 2 * fanOutMs + 1);
    const group = writer.statements.fromPeer.all(Buffer.from(peer, 'hex'), from, before, peerEventsMax);
    const isWhole = group.length < peerEventsMax && firstMs - 2 * fanOutMs >= keptFromMs;
    for (const event of isWhole ? group : []) {
      const atMs = timeOf(event.hit_id);
      // Those further away have company that was not read.
      if (atMs >= firstMs - fanOutMs && atMs <= lastMs + fanOutMs) keptBeforeMs.set(idOf(event), firstMs - keptFromMs);
    }
    return group;
  });
  return { groups, keptBeforeMs };
}

function sendOf({ message_key: message, recipient_key: recipient }: StoredEvent): string {
  return `${message} ${recipient.toString('latin1')}`;
}

function idOf({ hit_id: id }: StoredEvent): string {
  return id.toString('hex');
}
