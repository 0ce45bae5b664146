// What was found of an address once its hits were answered: that a proxy hides its readers behind it, or its name. What
// came from it in the window before is known as such too, whether it was settled by then or waits.

import { getOrSet } from '../base/get-or-set.ts';
import { contextWindowMs, peerAnewMax } from '../base/limits.ts';
import type { NetworkKind } from '../base/nouns.ts';
import { judgeAlone } from '../classify/classify.ts';
import { mayBeNamed } from '../classify/host-names.ts';
import type { OwnRules } from '../classify/own-rules.ts';
import { couldHideReaders } from '../networks/hidden-reader.ts';
import { classifyHit } from '../settle/judge-hits.ts';
import { codeOf, KINDS, NETWORKS, wordOf } from './codes.ts';
import { Changes, type KeyedHit } from './count-rows.ts';
import { hitIdAt } from './hit-ids.ts';
import type { KeptEvent } from './hot-statements.ts';
import { rejudge } from './rejudge-rows.ts';
import { NO_TEXT } from './tables.ts';
import type { Writer } from './writer.ts';

/** What is known of the name of an address, and until when. */
export interface PeerName {
  /** How the name ends, as far as a rule looks at it; confirmed forwards. */
  readonly host: string;
  /** When a hit came from the address; hits of the 15 minutes before have the name too. */
  readonly atMs: number;
  readonly untilMs: number;
}

export interface KnownPeerStore {
  /**
   * Notes that a peer stands for a proxy's address since `atMs`, and judges what came from it in the 15 minutes before
   * anew; hits that carry no recipient stay as they were counted.
   */
  hidePeer(peer: string, atMs: number): Promise<void>;
  /** Notes the name of a peer's address, and judges what came from it anew, like `hidePeer`. */
  namePeer(peer: string, named: PeerName): Promise<void>;
}

export function makeKnownPeers(writer: Writer): KnownPeerStore {
  return {
    hidePeer: (peer, atMs) =>
      writer.transaction(() => learn(writer, peer, { ...HIDES, ...since(atMs), untilMs: atMs }), 'judge-again'),
    namePeer: (peer, { host, atMs, untilMs }) =>
      writer.transaction(
        () => learn(writer, peer, { network: 'unknown', host, ...since(atMs), untilMs }),
        'judge-again',
      ),
  };
}

function since(atMs: number): Pick<Fact, 'fromMs'> {
  return { fromMs: Math.max(0, atMs - contextWindowMs) };
}

/** What holds for the hits of an address in a span of time; `unknown` and the empty text say nothing. */
interface Fact {
  readonly network: NetworkKind;
  readonly host: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The kind of network of an address behind which nobody is seen. */
const HIDES: Pick<Fact, 'network' | 'host'> = { network: 'cdn', host: '' };

type Place = Pick<Fact, 'network' | 'host'>;

/** Where a hit came from, by what was found since; a kind of network that says enough stays all that is known. */
function placeBy(place: Place, fact: Place): Place {
  const network = fact.network !== 'unknown' && couldHideReaders(place.network) ? fact.network : place.network;
  return { network, host: mayBeNamed(place.network) ? fact.host || place.host : place.host };
}

function learn(writer: Writer, peerText: string, fact: Fact): void {
  const { statements } = writer;
  const peer = Buffer.from(peerText, 'hex');
  const { network, fromMs, untilMs } = fact;
  const host = fact.host === '' ? NO_TEXT : writer.texts.keyOf(fact.host);
  statements.addKnownPeer.run(peer, codeOf(NETWORKS, network), host, fromMs, untilMs);
  const changes = new Changes(writer);
  const found = statements.keptFromPeer.all(peer, hitIdAt(fromMs), hitIdAt(untilMs + 1), peerAnewMax);
  const learnt = found.flatMap((event): readonly KeptEvent[] => {
    const now = placeBy({ network: wordOf(NETWORKS, event.network), host: '' }, fact);
    const hostKey = now.host === '' ? event.host_key : host;
    const next = { ...event, network: codeOf(NETWORKS, now.network), host_key: hostKey };
    return next.network === event.network && next.host_key === event.host_key ? [] : [next];
  });
  for (const event of learnt) statements.setPlace.run(event.network, event.host_key, event.message_key, event.hit_id);
  rejudge(writer, learnt, changes);
  changes.write();
  if (network !== HIDES.network) return;
  for (const { message_key: message } of learnt.filter(isCounted)) statements.countHidden.run(1, message);
}

function isCounted({ kind, test, repeat }: KeptEvent): boolean {
  return wordOf(KINDS, kind) !== 'unsubscribe' && test === 0 && repeat === 0;
}

/** Hits that waited while something was found of their address, as that says. */
export function placeHits(writer: Writer, hits: readonly KeyedHit[], own: OwnRules): readonly KeyedHit[] {
  if (writer.statements.hasKnownPeers.get() === undefined) return hits;
  const facts = factsOf(writer, hits);
  return hits.map((keyed) => {
    const { hit, host, verdict } = keyed;
    const ofHit = (facts.get(hit.peer ?? '') ?? []).filter(
      ({ fromMs, untilMs }) => hit.atMs >= fromMs && hit.atMs <= untilMs,
    );
    const place = ofHit.reduce(placeBy, { network: hit.network, host });
    if (place.network === hit.network && place.host === host) return keyed;
    const placed = { ...hit, network: place.network };
    const judgement = judgeAlone(classifyHit(placed, place.host), own);
    return { ...keyed, hit: placed, host: place.host, verdict: { ...judgement, rulesVersion: verdict.rulesVersion } };
  });
}

function factsOf({ statements }: Writer, hits: readonly KeyedHit[]): ReadonlyMap<string, readonly Fact[]> {
  const peers = new Set(hits.flatMap(({ hit }) => hit.peer ?? []));
  const facts = new Map<string, Fact[]>();
  for (const { peer, network, host, ...span } of statements.knownPeers.all(JSON.stringify([...peers]))) {
    const fact = { ...span, network: wordOf(NETWORKS, network), host: statements.textOf.get(host) ?? '' };
    getOrSet(facts, peer.toString('hex'), () => []).push(fact);
  }
  return facts;
}
