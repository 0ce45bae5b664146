// Evidence of other hits: what each hit says to the others, and how what was found is noted. The order in which hits
// came does not matter: they are looked at in the order of their times.
import type { HitKind } from '../base/nouns.ts';
import type { ContextRuleId } from './context-rules.ts';
import type { Judgement } from './judge-hit.ts';

/** A hit as others see it. */
export interface ContextHit {
  readonly id: string;
  readonly event: HitKind;
  readonly message: string;
  readonly recipient: string;
  readonly link: number | null;
  /** Links of the mail; `null` when that is not known. */
  readonly linkCount: number | null;
  readonly atMs: number;
  /** Where it came from: an address, or what stands for it; empty when that is not known. */
  readonly place: string;
  readonly agent: string;
  /** What it is by itself. */
  readonly own: Judgement;
  /** What other hits were found to say of it before: their own traces may be gone. */
  readonly known: ReadonlySet<ContextRuleId>;
}

/** Notes that a rule speaks of a hit. */
export type Note = (hit: ContextHit, rule: ContextRuleId) => void;

/** Takes hits in the order of their times. */
export type Finder = (inOrder: readonly ContextHit[], note: Note) => void;

/** What a finder says of each group of hits; groups of one say nothing. */
export function collectEvidence(groups: readonly (readonly ContextHit[])[], find: Finder, into: Collected): void {
  const note: Note = (hit, rule) => {
    const rules = into.get(hit);
    if (rules === undefined) into.set(hit, new Set([rule]));
    else rules.add(rule);
  };
  for (const group of groups) if (group.length > 1) find([...group].sort(byTime), note);
}

/** Evidence while it is collected. */
export type Collected = Map<ContextHit, Set<ContextRuleId>>;

export function byTime(a: ContextHit, b: ContextHit): number {
  if (a.atMs !== b.atMs) return a.atMs - b.atMs;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Hits by what they share, in the order given. */
export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly (readonly Item[])[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** What stands for one mail to one recipient. */
export function sendOf({ message, recipient }: Pick<ContextHit, 'message' | 'recipient'>): string {
  return `${message}\n${recipient}`;
}
