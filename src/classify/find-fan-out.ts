// Evidence among the hits of one address: one user agent of it asks for the mails of many recipients at once. Offices
// share an address, too, but their people come by many user agents, with a language, and over hours.
import { fanOutMs, fanOutRecipients } from '../base/limits.ts';
import { type ContextHit, groupBy, type Note, sendOf } from './evidence.ts';
import type { Judgement } from './judge-hit.ts';
import { mayChange } from './judgement-of.ts';

/** Looks at the hits of one address, in the order of their times. */
export function findFanOut(hits: readonly ContextHit[], note: Note): void {
  const counted = hits.filter(maySpread);
  if (counted.length < fanOutRecipients) return;
  for (const ofAgent of groupBy(counted, ({ agent }) => agent)) findSpread(ofAgent, note);
}

function findSpread(hits: readonly ContextHit[], note: Note): void {
  const mails = new Map<string, number>();
  let first = 0;
  let marked = 0;
  for (const [position, hit] of hits.entries()) {
    mails.set(sendOf(hit), (mails.get(sendOf(hit)) ?? 0) + 1);
    for (let oldest = hits[first]; oldest !== undefined && hit.atMs - oldest.atMs > fanOutMs; oldest = hits[first]) {
      const left = (mails.get(sendOf(oldest)) ?? 1) - 1;
      if (left === 0) mails.delete(sendOf(oldest));
      else mails.set(sendOf(oldest), left);
      first += 1;
    }
    if (mails.size < fanOutRecipients) continue;
    for (marked = Math.max(marked, first); marked <= position; marked += 1) {
      const member = hits[marked];
      if (member !== undefined) note(member, 'fan-out');
    }
  }
}

/** Whether a hit counts for its address: proxies, carriers and relays ask for many, and so do offices full of people. */
export function maySpread({ place, own }: Pick<ContextHit, 'place' | 'own'>): boolean {
  return place !== '' && mayHaveSpread(own);
}

/** The same of a hit whose address may be forgotten. */
export function mayHaveSpread(own: Judgement): boolean {
  if (!(mayChange(own) || own.label === 'scanner') || own.reasons.some((id) => SHARED.has(id))) return false;
  return (
    own.reasons.every((id) => id !== 'outlook') &&
    !(own.reasons.includes('language') && own.reasons.some((id) => PEOPLES.has(id)))
  );
}

/** A proxy that hides its readers has all of them at one address. */
const SHARED: ReadonlySet<string> = new Set(['mobile-network', 'private-relay', 'hidden-reader']);
const PEOPLES: ReadonlySet<string> = new Set(['home-network', 'office-network']);
