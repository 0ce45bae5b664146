// Judges hits: what each was, why, how sure, by which rules. Pure; the same hits get the same verdicts.
import { userAgentCharsMax } from '../base/limits.ts';
import type { Verdict } from '../base/nouns.ts';
import { RULES, RULES_VERSION, type Signals } from './rules.ts';

/** A hit as `classify` takes it; fields a rule does not need may be missing. */
export interface ClassifyHit {
  readonly id: string;
  readonly event: 'open' | 'click' | 'unsubscribe';
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The kind of network the request came from. @default 'unknown' */
  readonly network?: string | undefined;
  readonly honeypot?: boolean | undefined;
}

/** A verdict with the id of its hit. */
export interface HitVerdict extends Verdict {
  readonly id: string;
}

/** Judges hits; one verdict each, in the same order. */
export function classify(hits: readonly ClassifyHit[]): readonly HitVerdict[] {
  return hits.map(judge);
}

function judge(hit: ClassifyHit): HitVerdict {
  const signals: Signals = {
    event: hit.event,
    method: hit.method,
    network: hit.network ?? 'unknown',
    honeypot: hit.honeypot ?? false,
    userAgent: (hit.headers['user-agent'] ?? '').slice(0, userAgentCharsMax),
    headers: hit.headers,
  };
  const rule = RULES.find((candidate) => candidate.when(signals));
  return {
    id: hit.id,
    label: rule?.label ?? 'unknown',
    confidence: rule?.certainty ?? 0.5,
    reasons: [rule?.id ?? 'no-rule'],
    rulesVersion: RULES_VERSION,
  };
}
