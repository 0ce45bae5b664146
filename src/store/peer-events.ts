// Events of the addresses from which new ones came, around their time; each address is read once a batch, however many
// of its hits the batch has. Of a flood those nearest to the new ones count.
import { contextWindowMs, peerEventsMax } from '../base/limits.ts';
import { KINDS, wordOf } from './codes.ts';
import { getOrSet } from './count-rows.ts';
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
    const span = this.#spans.get(peer);
    return span === undefined ? [] : getOrSet(this.#events, peer, () => this.#read(peer, span, span.hits));
  }

  /** Opens of one mail to one recipient from an address; `otherwise` is the time to look at if it has no new events. */
  opensOf(peer: string, of: SendKeys, otherwise: TimeSpan): readonly StoredEvent[] {
    const span = this.#spans.get(peer);
    if (span === undefined) return opensIn(this.#read(peer, otherwise, 0)).get(sendOf(of)) ?? [];
    // The click alone.
    if (span.events === 1) return [];
    return getOrSet(this.#opens, peer, () => opensIn(this.around(peer))).get(sendOf(of)) ?? [];
  }

  #read(peer: string, { firstMs, lastMs }: TimeSpan, hits: number): readonly StoredEvent[] {
    const { fromPeer, fromPeerBefore } = this.#writer.statements;
    const key = Buffer.from(peer, 'hex');
    const first = hitIdAt(firstMs);
    const before = fromPeerBefore.all(key, hitIdAt(Math.max(0, firstMs - contextWindowMs)), first, peerEventsMax / 2);
    const behind = fromPeer.all(key, first, hitIdAt(lastMs + contextWindowMs + 1), hits + peerEventsMax / 2);
    return [...before.reverse(), ...behind];
  }
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
