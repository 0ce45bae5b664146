// The hits around stored events that are judged anew: those that can say something of them, or they of those, and how
// far their traces are kept. What others were found to say is found again where all their traces are kept, and believed
// where some may be gone.

import { getOrSet } from '../base/get-or-set.ts';
import { burstCompanyMs, contextWindowMs, fanOutMs, peerEventsMax } from '../base/limits.ts';
import type { ContextRuleId } from '../classify/context-rules.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import type { StoredEvent } from './hot-statements.ts';
import { PeerEvents, type Span } from './peer-events.ts';
import type { Writer } from './writer.ts';

/** Events in groups that can say something of each other. */
interface Groups {
  readonly groups: readonly (readonly StoredEvent[])[];
  /** By the id of an event: for how many milliseconds before the first of its group all peers are kept; none where not. */
  readonly keptBeforeMs: ReadonlyMap<string, number>;
}

/** The events of the mails and of the addresses from which events come. */
export interface Around {
  readonly sends: Groups;
  readonly places: Groups;
}

/** Looks up what is around events, which are no tests. */
export function findAround(writer: Writer, events: readonly StoredEvent[]): Around {
  const keptFromMs = writer.statements.peersBefore.get() ?? 0;
  return { sends: findSends(writer, events, keptFromMs), places: findPlaces(writer, events, keptFromMs) };
}

/** Whether all that can make a rule speak of an event is there. No send changes what a honeypot says. */
export function isFoundAgain(rule: ContextRuleId, id: string, { sends, places }: Around): boolean {
  if (rule === 'fan-out') return places.keptBeforeMs.has(id);
  if (rule === 'honeypot-company' || rule === 'honeypot-before') return false;
  return (sends.keptBeforeMs.get(id) ?? -1) >= (rule === 'two-agents' ? contextWindowMs : burstCompanyMs);
}

/** The mails to one recipient, each, of which an event has changed. */
function findSends(writer: Writer, changed: readonly StoredEvent[], keptFromMs: number): Groups {
  const sends = new Map(changed.map((event) => [sendOf(event), event]));
  const followed = [...sends.values()]
    .map((event) => writer.statements.followedBy.all(event.message_key, event.recipient_key))
    .filter((events) => events.length > 0);
  // Each address is read once, however many of its mails there are.
  const peerEvents = new PeerEvents(writer, spansOf(followed, changed));
  const groups = followed.map((events) => {
    const [first] = events;
    const opens = first === undefined ? [] : peersOf(events).flatMap((peer) => peerEvents.opensOf(peer, first));
    return [...events, ...opens];
  });
  const keptBeforeMs = new Map<string, number>();
  for (const group of groups) {
    const firstMs = Math.min(...group.map(({ hit_id }) => timeOf(hit_id)));
    for (const event of group) keptBeforeMs.set(idOf(event), firstMs - keptFromMs);
  }
  return { groups, keptBeforeMs };
}

function peersOf(events: readonly StoredEvent[]): readonly string[] {
  return [...new Set(events.flatMap(({ peer }) => (peer === null ? [] : [peer.toString('hex')])))];
}

/** When there may be opens from the addresses that followed links: around all that was followed of the same mail. */
function spansOf(
  followed: readonly (readonly StoredEvent[])[],
  changed: readonly StoredEvent[],
): ReadonlyMap<string, Span> {
  const spans = new Map<string, Span>();
  for (const events of followed) {
    const times = events.map(({ hit_id }) => timeOf(hit_id));
    const of = { firstMs: Math.min(...times), lastMs: Math.max(...times) };
    for (const peer of peersOf(events)) {
      // How many there are beside these was not counted.
      const span = getOrSet(spans, peer, () => ({ ...of, hits: 0, events: Number.POSITIVE_INFINITY }));
      span.firstMs = Math.min(span.firstMs, of.firstMs);
      span.lastMs = Math.max(span.lastMs, of.lastMs);
      span.hits += events.length;
    }
  }
  for (const { peer } of changed) {
    const span = spans.get(peer?.toString('hex') ?? '');
    if (span !== undefined) span.hits += 1;
  }
  return spans;
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

/** The id of an event as hits have it. */
export function idOf({ hit_id: id }: StoredEvent): string {
  return id.toString('hex');
}
