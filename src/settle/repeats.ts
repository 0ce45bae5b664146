// Requests that come again. Within the sender's window, the same request of the same place counts once: the first is
// counted, the others are kept and marked. What decides is when a request came, so hits may come in any batches, from
// any journals: two that count are never closer than the window.
import { TelltaleError } from '../base/errors.ts';
import { peerKeptMs, repeatMemoryRequests, repeatTimesMax } from '../base/limits.ts';
import type { HitKind, Label } from '../base/nouns.ts';
import type { JudgedHit } from './judge-hits.ts';
import type { Repeats } from './settler.ts';

/** What makes two requests the same, and which one it was. */
export interface CountedRequest {
  readonly id: string;
  readonly atMs: number;
  readonly kind: HitKind;
  readonly message: string;
  readonly recipient: string;
  readonly test: boolean;
  readonly link: { readonly index: number; readonly destination: string } | null;
  readonly method: string;
  readonly agent: string;
  readonly peer: string;
  /** What it is by itself. */
  readonly label: Label;
}

/** What is settled already, and whose peer is still known. */
export interface CountedSource {
  /** Counted requests of a message since a time, the newest `limit` of them, in order. */
  countedSince(message: string, fromMs: number, limit: number): Promise<readonly CountedRequest[]>;
}

export interface RepeatsOptions {
  /** Milliseconds in which a request counts once: over 0, and at most 900,000, for which peers are kept. */
  readonly windowMs: number;
  /** The store: after a restart it says what was counted last. */
  readonly source: CountedSource;
}

/**
 * Makes the memory of what was counted; one for all settlers of a store.
 *
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function makeRepeats({ windowMs, source }: RepeatsOptions): Repeats {
  checkRepeatWindow(windowMs);
  const memory = new RepeatMemory(windowMs);
  /** Since when all that is counted of a message is in the memory. */
  const learnt = new Map<string, number>();

  async function learn(requests: readonly CountedRequest[]): Promise<void> {
    const firsts = new Map<string, number>();
    for (const { message, atMs } of requests) firsts.set(message, Math.min(atMs, firsts.get(message) ?? atMs));
    for (const [message, firstMs] of firsts) {
      const fromMs = Math.max(0, firstMs - windowMs);
      if (fromMs >= (learnt.get(message) ?? Number.POSITIVE_INFINITY)) continue;
      for (const counted of await source.countedSince(message, fromMs, repeatMemoryRequests)) memory.remember(counted);
      if (learnt.size >= repeatMemoryRequests) learnt.clear();
      learnt.set(message, fromMs);
    }
  }

  return {
    async mark(hits) {
      const requests = hits.flatMap((judged) => requestOf(judged) ?? []);
      await learn(requests);
      const repeated = new Set(requests.sort(byTime).flatMap((one) => (memory.count(one) ? [] : one.id)));
      return hits.map((judged) =>
        repeated.has(judged.hit.id) ? { ...judged, hit: { ...judged.hit, repeat: true } } : judged,
      );
    },
  };
}

/**
 * Refuses what is no window; 0 means that each request counts.
 *
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function checkRepeatWindow(windowMs: number): void {
  if (Number.isSafeInteger(windowMs) && windowMs >= 0 && windowMs <= peerKeptMs) return;
  throw new TelltaleError(
    'INVALID_OPTION',
    `The window for repeats is a whole number of milliseconds from 0 to ${peerKeptMs}, but ${windowMs} came. 0 counts each request.`,
  );
}

/** Nothing for what never is a repeat: a way out; a hit of nobody, or of no known place, of whom there may be many. */
function requestOf({ hit, verdict }: JudgedHit): CountedRequest | undefined {
  const { id, atMs, kind, message, recipient, test, link, method, peer } = hit;
  const isOfOne = hit.level === 'individual' && recipient !== null && peer !== null;
  if (!isOfOne || kind === 'unsubscribe' || hit.repeat) return undefined;
  const agent = hit.headers['user-agent'] ?? '';
  return { id, atMs, kind, message, recipient, test, link, method, agent, peer, label: verdict.label };
}

function byTime(a: CountedRequest, b: CountedRequest): number {
  return a.atMs - b.atMs || (a.id < b.id ? -1 : 1);
}

type Counted = Pick<CountedRequest, 'id' | 'atMs'>;

/** When each request was counted, as far as memory goes: the one not seen for the longest is forgotten first. */
class RepeatMemory {
  readonly #windowMs: number;
  readonly #counted = new Map<string, readonly Counted[]>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Whether the request counts; it is remembered when it does. */
  count(request: CountedRequest): boolean {
    const earlier = this.#counted.get(nameOf(request)) ?? [];
    if (earlier.some(({ id }) => id === request.id)) return true;
    if (earlier.some(({ atMs }) => Math.abs(atMs - request.atMs) < this.#windowMs)) return false;
    this.remember(request);
    return true;
  }

  remember(request: CountedRequest): void {
    const { id, atMs } = request;
    const name = nameOf(request);
    const earlier = this.#counted.get(name)?.filter((one) => one.id !== id) ?? [];
    this.#counted.delete(name);
    this.#counted.set(name, [...earlier.slice(1 - repeatTimesMax), { id, atMs }]);
    if (this.#counted.size <= repeatMemoryRequests) return;
    const [oldest = ''] = this.#counted.keys();
    this.#counted.delete(oldest);
  }
}

/** The label too: a person who follows a link that a program looked at first is no repeat of it. */
function nameOf({ kind, message, recipient, test, link, method, agent, peer, label }: CountedRequest): string {
  return JSON.stringify([peer, message, recipient, kind, label, method, test, link?.index, link?.destination, agent]);
}
