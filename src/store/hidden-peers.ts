// Addresses that turned out to be a proxy's which hides its readers: what came from one in the window before is known as
// such too, whether it was settled by then or waited. Nothing is guessed of such hits.
import { contextWindowMs, hiddenEventsMax } from '../base/limits.ts';
import type { NetworkKind } from '../base/nouns.ts';
import { judgeAlone } from '../classify/classify.ts';
import type { OwnRules } from '../classify/own-rules.ts';
import { classifyHit } from '../settle/judge-hits.ts';
import { codeOf, KINDS, NETWORKS, wordOf } from './codes.ts';
import { Changes, type KeyedHit } from './count-rows.ts';
import { hitIdAt } from './hit-ids.ts';
import type { KeptEvent } from './hot-statements.ts';
import { rejudge } from './rejudge-rows.ts';
import type { Writer } from './writer.ts';

export interface HiddenPeerStore {
  /**
   * Notes that a peer stands for a proxy's address since `atMs`, and judges what came from it in the 15 minutes before
   * anew; hits that carry no recipient stay as they were counted.
   */
  hidePeer(peer: string, atMs: number): Promise<void>;
}

export function makeHiddenPeers(writer: Writer): HiddenPeerStore {
  return { hidePeer: (peer, atMs) => writer.transaction(() => hidePeer(writer, Buffer.from(peer, 'hex'), atMs)) };
}

/** The kind of network of an address behind which nobody is seen. */
const HIDDEN: NetworkKind = 'cdn';
/** What is known of a network says more than that many come from it. */
const COULD_HIDE: ReadonlySet<NetworkKind> = new Set<NetworkKind>(['unknown', 'datacenter']);

function hidePeer(writer: Writer, peer: Buffer, atMs: number): void {
  const { statements } = writer;
  const fromMs = Math.max(0, atMs - contextWindowMs);
  statements.addHiddenPeer.run(peer, fromMs, atMs);
  const changes = new Changes(writer);
  const found = statements.keptFromPeer.all(peer, hitIdAt(fromMs), hitIdAt(atMs + 1), hiddenEventsMax);
  const hidden = found
    .filter(({ network }) => COULD_HIDE.has(wordOf(NETWORKS, network)))
    .map((event) => ({ ...event, network: codeOf(NETWORKS, HIDDEN) }));
  for (const { network, message_key: message, hit_id: hitId } of hidden)
    statements.setNetwork.run(network, message, hitId);
  rejudge(writer, hidden, changes);
  changes.write();
  for (const { message_key: message } of hidden.filter(isCounted)) statements.countHidden.run(1, message);
}

function isCounted({ kind, test, repeat }: KeptEvent): boolean {
  return wordOf(KINDS, kind) !== 'unsubscribe' && test === 0 && repeat === 0;
}

/** Hits that waited when their address was found to hide its readers, as such. */
export function hideHits({ statements }: Writer, hits: readonly KeyedHit[], own: OwnRules): readonly KeyedHit[] {
  const peers = new Map(statements.hiddenPeers.all().map((row) => [row.peer.toString('hex'), row]));
  if (peers.size === 0) return hits;
  return hits.map((keyed) => {
    const { hit, verdict } = keyed;
    const span = peers.get(hit.peer ?? '');
    const isHidden = span !== undefined && hit.atMs >= span.fromMs && hit.atMs <= span.untilMs;
    if (!isHidden || !COULD_HIDE.has(hit.network)) return keyed;
    const shown = { ...hit, network: HIDDEN };
    const judgement = judgeAlone(classifyHit(shown), own);
    return { ...keyed, hit: shown, verdict: { ...judgement, rulesVersion: verdict.rulesVersion } };
  });
}
