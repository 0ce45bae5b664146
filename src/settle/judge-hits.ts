// Judges hits as they come out of a journal, each by itself.
import type { Hit, Verdict } from '../base/nouns.ts';
import { judgeAlone } from '../classify/classify.ts';
import { type OwnRules, readOwnRules } from '../classify/own-rules.ts';
import type { ClassifyHit } from '../classify/read-signals.ts';

const NO_OWN_RULES = readOwnRules(undefined, 'judgeHits');

/** A hit with its verdict. */
export interface JudgedHit {
  readonly hit: Hit;
  readonly verdict: Verdict;
}

/** Hits with their verdicts, in order. */
export function judgeHits(hits: readonly Hit[], own: OwnRules = NO_OWN_RULES): readonly JudgedHit[] {
  return hits.map((hit) => ({ hit, verdict: judge(hit, own) }));
}

function judge(hit: Hit, own: OwnRules): Verdict {
  return { ...judgeAlone(classifyHit(hit), own), rulesVersion: `${own.version}+networks.${hit.networkLists}` };
}

export function classifyHit({ kind, link, peer, ...hit }: Hit): ClassifyHit {
  return {
    ...hit,
    event: kind,
    link: link?.index,
    linkCount: link?.count,
    honeypot: link?.honeypot,
    ip: peer,
  };
}
