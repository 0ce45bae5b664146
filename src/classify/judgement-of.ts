// A verdict is what its reasons say: from the reasons that were kept, what a hit was by itself can be had again, and
// other evidence put in the place of what was known then.
import { CONTEXT_RULES, type ContextRuleId } from './context-rules.ts';
import { type Judgement, labelOf, NO_BROWSER } from './judge-hit.ts';
import { PLAIN_PROXY, RULES } from './rules.ts';
import { WEAK_SIGNALS } from './weak-signals.ts';

const RULE_OF = new Map(RULES.map((rule) => [rule.id, rule]));
/** Those that weigh nothing say what else is known. */
const WEIGHT_OF = new Map([
  ...WEAK_SIGNALS.map(({ id, weight }) => [id, weight] as const),
  ...[NO_BROWSER, PLAIN_PROXY].map((id) => [id, 0] as const),
]);
const CONTEXT_IDS: ReadonlySet<string> = new Set(CONTEXT_RULES.map((rule) => rule.id));

/** Whether a reason is one of ours. */
export function isOurs(id: string): boolean {
  return RULE_OF.has(id) || WEIGHT_OF.has(id) || CONTEXT_IDS.has(id);
}

/** What other hits say of one, by the reasons that were kept. */
export function contextOf(reasons: readonly string[]): ReadonlySet<ContextRuleId> {
  return new Set(reasons.filter(isContextRule));
}

function isContextRule(id: string): id is ContextRuleId {
  return CONTEXT_IDS.has(id);
}

/** What a verdict that was kept said of the hit by itself: one by a sender's rule says what it says. */
export function ownJudgement(kept: Judgement): Judgement {
  const reasons = kept.reasons.filter((id) => !isContextRule(id));
  const rule = RULE_OF.get(reasons[0] ?? '');
  if (rule !== undefined) return { label: rule.label, confidence: rule.certainty, reasons };
  if (reasons.some((id) => !WEIGHT_OF.has(id))) return { ...kept, reasons };
  return { ...labelOf(sumOf(reasons), !reasons.includes(NO_BROWSER)), reasons };
}

/** What a hit is by itself and by the evidence of other hits. */
export function withEvidence(own: Judgement, evidence: ReadonlySet<ContextRuleId>): Judgement {
  if (evidence.size === 0 || !mayChange(own)) return own;
  const held = CONTEXT_RULES.filter((rule) => evidence.has(rule.id));
  const reasons = [...held.map((rule) => rule.id), ...own.reasons];
  const decides = held.find((rule) => rule.label !== null);
  if (decides?.label) return { label: decides.label, confidence: decides.certainty, reasons };
  const sum = held.reduce((total, rule) => total + rule.certainty, scoreOf(own));
  return { ...labelOf(sum, !own.reasons.includes(NO_BROWSER)), reasons };
}

/** A fact about the hit outweighs what others say of it, and so does the sender's own rule. */
export function mayChange(own: Judgement): boolean {
  return (own.label === 'human' || own.label === 'unknown') && own.reasons.every(isOurs);
}

/** Whether two judgements say the same, for the same reasons. */
export function isSameJudgement(a: Judgement, b: Judgement): boolean {
  return a.label === b.label && a.confidence === b.confidence && a.reasons.join(' ') === b.reasons.join(' ');
}

/** How much speaks for a person, as the sum of weights it is or would be. */
export function scoreOf(own: Judgement): number {
  if (!RULE_OF.has(own.reasons[0] ?? '')) return sumOf(own.reasons);
  return own.label === 'human' ? (own.confidence - 0.5) * 10 : 0;
}

function sumOf(reasons: readonly string[]): number {
  return reasons.reduce((total, id) => total + (WEIGHT_OF.get(id) ?? 0), 0);
}
