// Weighs hits that were judged before, and some that are new, by each other: what more is known of them now.
import type { ContextRuleId } from './context-rules.ts';
import { type Collected, type ContextHit, collectEvidence } from './evidence.ts';
import { findFanOut } from './find-fan-out.ts';
import { findSendEvidence } from './find-send-evidence.ts';
import type { Judgement } from './judge-hit.ts';
import { mayChange, withEvidence } from './judgement-of.ts';

/** Hits in the groups that can say something of each other; the same hit is the same object in each. */
export interface Company {
  /** The hits of one mail to one recipient, each. */
  readonly sends: readonly (readonly ContextHit[])[];
  /** The hits of one address, each. */
  readonly places: readonly (readonly ContextHit[])[];
}

/** The judgements of hits of which more is known than before. Evidence is only ever added. */
export function reweigh({ sends, places }: Company): ReadonlyMap<ContextHit, Judgement> {
  const found = findEvidence({ sends, places });
  const changed = new Map<ContextHit, Judgement>();
  for (const [hit, rules] of found) {
    const all = new Set<ContextRuleId>([...hit.known, ...rules]);
    if (all.size > hit.known.size && mayChange(hit.own)) changed.set(hit, withEvidence(hit.own, all));
  }
  return changed;
}

/** All that hits say of each other. */
export function findEvidence({ sends, places }: Company): Collected {
  const found: Collected = new Map();
  collectEvidence(sends, findSendEvidence, found);
  collectEvidence(places, findFanOut, found);
  return found;
}
