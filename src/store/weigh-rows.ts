// What new events say of those that are there, and those of them: events that can matter are looked up, weighed, and
// counted under their new labels, in the transaction that stored the new ones. A hit that came through a mail proxy
// costs nothing, one that is alone at its address a look-up.

import { getOrSet } from '../base/get-or-set.ts';
import { contextWindowMs, fanOutMs, fanOutRecipients } from '../base/limits.ts';
import type { ContextHit } from '../classify/evidence.ts';
import { maySpread } from '../classify/find-fan-out.ts';
import { placesReached } from '../classify/find-send-evidence.ts';
import { mayChange } from '../classify/judgement-of.ts';
import { reweigh } from '../classify/reweigh.ts';
import type { Changes, KeyedHit } from './count-rows.ts';
import { EventReader } from './event-hits.ts';
import { hitIdAt, timeOf } from './hit-ids.ts';
import type { StoredEvent } from './hot-statements.ts';
import { PeerEvents, type Span } from './peer-events.ts';
import { relabelEvent } from './state-rows.ts';
import type { Writer } from './writer.ts';

/** Within a transaction, once the new events are stored and counted: weighs them with what is there. */
export function weighEvents(writer: Writer, fresh: readonly KeyedHit[], changes: Changes): void {
  const real = fresh.filter(({ hit }) => !hit.test);
  const reader = new EventReader(writer);
  const company = countCompany(writer, real);
  const peerEvents = new PeerEvents(writer, company);
  const sends = findSends(writer, real, company, { peerEvents, reader });
  const places = findPlaces(real, company, peerEvents, reader);
  for (const [hit, judgement] of reweigh({ sends, places })) {
    const event = reader.eventOf(hit);
    relabelEvent(writer, event, { ...judgement, rulesVersion: event.version }, changes);
  }
}

/** One look-up for all addresses: most have but one event, of which nothing else is asked then. */
function countCompany({ statements }: Writer, fresh: readonly KeyedHit[]): CompanyOf {
  const company = new Map<string, Span>();
  for (const { hit, verdict } of fresh) {
    if (hit.peer === null || !speaks({ verdict })) continue;
    const span = getOrSet(company, hit.peer, () => ({ firstMs: hit.atMs, lastMs: hit.atMs, hits: 0, events: 1 }));
    span.firstMs = Math.min(span.firstMs, hit.atMs);
    span.lastMs = Math.max(span.lastMs, hit.atMs);
    span.hits += 1;
  }
  // In the order of the index: each of its pages is then read once.
  const shared = statements.sharedPeers.all(JSON.stringify([...company.keys()].sort())).flatMap((peer) => {
    const span = company.get(peer);
    return span === undefined ? [] : [{ peer, span }];
  });
  const counts = statements.countFromPeer.gets(
    shared.map(({ peer, span }) => {
      const from = hitIdAt(Math.max(0, span.firstMs - contextWindowMs));
      const before = hitIdAt(span.lastMs + contextWindowMs + 1);
      return [Buffer.from(peer, 'hex'), from, before, fanOutRecipients];
    }),
  );
  for (const [at, { span }] of shared.entries()) span.events = counts[at] ?? 1;
  return company;
}

/** Whether a hit may change by others, or others by it: prefetches, previews and mail proxies have no part in this. */
function speaks({ verdict }: Pick<KeyedHit, 'verdict'>): boolean {
  return mayChange(verdict) || verdict.label === 'scanner';
}

type CompanyOf = ReadonlyMap<string, Span>;
type Groups = readonly (readonly ContextHit[])[];

/** The hits of each recipient that may have something to say to a new one. */
function findSends(
  writer: Writer,
  fresh: readonly KeyedHit[],
  company: CompanyOf,
  { peerEvents, reader }: { readonly peerEvents: PeerEvents; readonly reader: EventReader },
): Groups {
  const groups = [...groupSends(fresh, company).values()];
  const found = writer.statements.followedBy.alls(
    groups.flatMap(([first]) => (first === undefined ? [] : [[first.message, first.recipient]])),
  );
  reader.readAhead(found.flat());
  const beside = groups.map((fresh, at) => {
    const rows = found[at] ?? [];
    return { rows, followed: rows.map((event) => reader.read(event)), fresh, company };
  });
  const peers = beside.map(placesOf);
  peerEvents.readAhead(peers.flat());
  return beside.flatMap((group, at) => {
    const { rows, followed } = group;
    const opens = opensBeside(peerEvents, group, peers[at] ?? []);
    return rows.length + opens.length > 1 ? [[...followed, ...opens.map((event) => reader.read(event))]] : [];
  });
}

/** New hits by mail and recipient, without opens that nothing can change: another hit of their address must do it. */
function groupSends(fresh: readonly KeyedHit[], company: CompanyOf): ReadonlyMap<string, KeyedHit[]> {
  const sends = new Map<string, KeyedHit[]>();
  for (const keyed of fresh) {
    const { hit } = keyed;
    if (hit.kind === 'open' && (!speaks(keyed) || (company.get(hit.peer ?? '')?.events ?? 0) < 2)) continue;
    getOrSet(sends, `${keyed.message} ${keyed.recipient.toString('latin1')}`, () => []).push(keyed);
  }
  return sends;
}

/** The hits of one recipient: those that are stored, as rows and as the rules see them, and the new ones. */
interface SendGroup {
  readonly rows: readonly StoredEvent[];
  readonly followed: readonly ContextHit[];
  readonly fresh: readonly KeyedHit[];
  readonly company: CompanyOf;
}

/** The addresses that may have something to say: most look at many of a busy gateway for nothing otherwise. */
function placesOf({ followed, fresh, company }: SendGroup): readonly string[] {
  if (followed.length === 0) return [];
  const freshIds = new Set(fresh.map(({ hit }) => hit.id));
  const reached = placesReached(followed, ({ id }) => freshIds.has(id));
  const places = followed.map(({ place }) => place).filter((place) => company.has(place) || reached.has(place));
  return [...new Set(places)];
}

/** Opens of the same recipient from an address that clicked: the others have nothing to do with a click. */
function opensBeside(
  peerEvents: PeerEvents,
  { rows: [first], followed, fresh }: SendGroup,
  peers: readonly string[],
): readonly StoredEvent[] {
  if (first === undefined) return [];
  const times = [...followed, ...fresh.map(({ hit }) => hit)].map(({ atMs }) => atMs);
  const span = { firstMs: Math.min(...times), lastMs: Math.max(...times) };
  return peers.flatMap((peer) => peerEvents.opensOf(peer, first, span));
}

/** The hits of each address from which many came, a minute before the new ones and after. */
function findPlaces(
  fresh: readonly KeyedHit[],
  company: CompanyOf,
  peerEvents: PeerEvents,
  reader: EventReader,
): Groups {
  const peers = new Set<string>();
  for (const { hit, verdict } of fresh) {
    const isCrowded = (company.get(hit.peer ?? '')?.events ?? 0) >= fanOutRecipients;
    if (hit.peer !== null && isCrowded && maySpread({ place: hit.peer, own: verdict })) peers.add(hit.peer);
  }
  peerEvents.readAhead(peers);
  return [...peers].map((peer) => {
    const { firstMs = 0, lastMs = 0 } = company.get(peer) ?? {};
    const isNear = ({ hit_id }: StoredEvent) =>
      timeOf(hit_id) >= firstMs - fanOutMs && timeOf(hit_id) <= lastMs + fanOutMs;
    const near = peerEvents.around(peer).filter(isNear);
    reader.readAhead(near);
    return near.map((event) => reader.read(event));
  });
}
