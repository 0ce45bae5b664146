// Events of the addresses from which new ones came, around their time; each address is read once a batch, however many
// of its hits the batch has. Of a flood those nearest to the new ones count.

import { getOrSet } from '../base/get-or-set.ts';
import { contextWindowMs, peerEventsMax } from '../base/limits.ts';
import { KINDS, wordOf } from './codes.ts';
import { hitIdAt } from './hit-ids.ts';
import type { StoredEvent } from './hot-statements.ts';
import type { Writer } from './writer.ts';

/** When the new hits of an address came, how many they are, and how many events it has around them, as far as it matters. */
export interface Span {
  firstMs: number;
  lastMs: number;
  hits: number;
  events: number;
}

type TimeSpan = Pick<Span, 'firstMs' | 'lastMs'>;

export class PeerEvents {
  readonly #writer: Writer;
  readonly #spans: ReadonlyMap<string, Span>;
  readonly #events = new Map<string, readonly StoredEvent[]>();
  readonly #opens = new Map<string, ReadonlyMap<string, StoredEvent[]>>();

  constructor(writer: Writer, spans: ReadonlyMap<string, Span>) {
    this.#writer = writer;
    this.#spans = spans;
  }

  /** Events of an address that has new ones, in order. */
  around(peer: string): readonly StoredEvent[] {
    this.readAhead([peer]);
    return this.#events.get(peer) ?? [];
  }

  /** Opens of one mail to one recipient from an address; `otherwise` is the time to look at if it has no new events. */
  opensOf(peer: string, of: SendKeys, otherwise?: TimeSpan): readonly StoredEvent[] {
    const span = this.#spans.get(peer);
    if (span === undefined) return otherwise === undefined ? [] : this.#opensNear(peer, of, otherwise);
    // The click alone.
    if (span.events === 1) return [];
    return getOrSet(this.#opens, peer, () => opensIn(this.around(peer))).get(sendOf(of)) ?? [];
  }

  /** Reads what there is of many addresses in one exchange. */
  readAhead(peers: Iterable<string>): void {
    const unread = [...new Set(peers)].flatMap((peer) => {
      const span = this.#spans.get(peer);
      if (span === undefined || span.events === 1 || this.#events.has(peer)) return [];
      return [{ peer, hits: span.hits, ...boundsOf(peer, span) }];
    });
    const { fromPeer, fromPeerBefore } = this.#writer.statements;
    const earlier = fromPeerBefore.alls(unread.map(({ key, from, first }) => [key, from, first, peerEventsMax / 2]));
    const later = fromPeer.alls(
      unread.map(({ key, first, before, hits }) => [key, first, before, hits + peerEventsMax / 2]),
    );
    for (const [at, { peer }] of unread.entries()) {
      this.#events.set(peer, [...(earlier[at] ?? []).toReversed(), ...(later[at] ?? [])]);
    }
  }

  /** Read for one mail alone: of a busy address it takes a tenth of reading all that is there. */
  #opensNear(peer: string, of: SendKeys, span: TimeSpan): readonly StoredEvent[] {
    const { opensFromPeer, opensFromPeerBefore } = this.#writer.statements;
    const { key, from, first, before } = boundsOf(peer, span);
    const mail = [of.message_key, of.recipient_key] as const;
    const earlier = opensFromPeerBefore.all(key, from, first, peerEventsMax / 2, ...mail);
    const later = opensFromPeer.all(key, first, before, peerEventsMax / 2, ...mail);
    return [...earlier.reverse(), ...later];
  }
}

/** The address, and the ids of hits between which what came from there may matter. */
function boundsOf(peer: string, { firstMs, lastMs }: TimeSpan) {
  return {
    key: Buffer.from(peer, 'hex'),
    from: hitIdAt(Math.max(0, firstMs - contextWindowMs)),
    first: hitIdAt(firstMs),
    before: hitIdAt(lastMs + contextWindowMs + 1),
  };
}

function opensIn(events: readonly StoredEvent[]): ReadonlyMap<string, StoredEvent[]> {
  const opens = new Map<string, StoredEvent[]>();
  for (const event of events) {
    if (wordOf(KINDS, event.kind) === 'open') getOrSet(opens, sendOf(event), () => []).push(event);
  }
  return opens;
}

type SendKeys = Pick<StoredEvent, 'message_key' | 'recipient_key'>;

function sendOf({ message_key: message, recipient_key: recipient }: SendKeys): string {
  return `${message} ${recipient.toString('latin1')}`;
}
