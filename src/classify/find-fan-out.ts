// Evidence among the hits of one address: one that asks for the mails of many recipients at once, and is no office whose
// people share an address, since those come by many user agents and over hours.
import { fanOutMs, fanOutRecipients, fanOutRecipientsPerAgent } from '../base/limits.ts';
import { type ContextHit, type Note, sendOf } from './evidence.ts';

/** Looks at the hits of one address, in the order of their times. */
export function findFanOut(hits: readonly ContextHit[], note: Note): void {
  const counted = hits.filter(maySpeak);
  if (counted.length < fanOutRecipients) return;
  const mails = new Counter();
  const agents = new Counter();
  let first = 0;
  let marked = 0;
  for (const [position, hit] of counted.entries()) {
    mails.add(sendOf(hit));
    agents.add(hit.agent);
    for (
      let oldest = counted[first];
      oldest !== undefined && hit.atMs - oldest.atMs > fanOutMs;
      oldest = counted[first]
    ) {
      mails.remove(sendOf(oldest));
      agents.remove(oldest.agent);
      first += 1;
    }
    if (mails.size < fanOutRecipients || agents.size * fanOutRecipientsPerAgent > mails.size) continue;
    for (marked = Math.max(marked, first); marked <= position; marked += 1) {
      const member = counted[marked];
      if (member !== undefined) note(member, 'fan-out');
    }
  }
}

/** Proxies, prefetches and previews come from few addresses for many, and so do people by a carrier or a relay. */
function maySpeak({ place, own }: Pick<ContextHit, 'place' | 'own'>): boolean {
  return place !== '' && SPEAK.has(own.label) && !own.reasons.some((id) => SHARED.has(id));
}

const SPEAK: ReadonlySet<string> = new Set(['human', 'unknown', 'scanner']);
const SHARED: ReadonlySet<string> = new Set(['mobile-network', 'private-relay']);

/** How many different texts there are among those added and not removed again. */
class Counter {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  remove(text: string): void {
    const left = (this.#counts.get(text) ?? 0) - 1;
    if (left > 0) this.#counts.set(text, left);
    else this.#counts.delete(text);
  }
}
