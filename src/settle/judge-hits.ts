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

/** Hits with their verdicts, in order. Hits that are alike in all that rules look at share one verdict. */
export function judgeHits(hits: readonly Hit[], own: OwnRules = NO_OWN_RULES): readonly JudgedHit[] {
  const judged = new Map<string, Verdict>();
  return hits.map((hit) => {
    const looks = looksOf(hit);
    const known = judged.get(looks);
    if (known !== undefined) return { hit, verdict: known };
    const verdict = judge(hit, own);
    judged.set(looks, verdict);
    return { hit, verdict };
  });
}

/** All that rules look at of a hit by itself: of its time they would need that of the send. */
function looksOf({ kind, method, link, network, networkLists, headers }: Hit): string {
  return `${kind} ${network} ${networkLists} ${link?.honeypot === true} ${JSON.stringify([method, headers])}`;
}

function judge(hit: Hit, own: OwnRules): Verdict {
  return { ...judgeAlone(classifyHit(hit), own), rulesVersion: `${own.version}+networks.${hit.networkLists}` };
}

/** A hit as `classify` takes it; `ptr` is what is known of the name of its address. */
export function classifyHit({ kind, link, peer, ...hit }: Hit, ptr = ''): ClassifyHit {
  return {
    ...hit,
    ptr,
    event: kind,
    link: link?.index,
    linkCount: link?.count,
    honeypot: link?.honeypot,
    ip: peer,
  };
}
