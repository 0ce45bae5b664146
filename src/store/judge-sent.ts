// Judges new hits once more by themselves, with what was recorded of their sends, where that matters.
import { judgeAlone } from '../classify/classify.ts';
import type { OwnRules } from '../classify/own-rules.ts';
import { classifyHit } from '../settle/judge-hits.ts';
import type { KeyedHit } from './count-rows.ts';
import { compareKeys } from './recipient-keys.ts';
import type { SendReader, Sent } from './send-reader.ts';

/** The hits, with the verdicts that they have by their sends. */
export function judgeSent(hits: readonly KeyedHit[], sends: SendReader, own: OwnRules): readonly KeyedHit[] {
  sends.readMessages(hits.map(({ message }) => message));
  const asking = hits.filter((keyed) => sends.mayMatter(sentOf(keyed), own.needsDomain)).sort(bySendKey);
  if (asking.length === 0) return hits;
  sends.readAhead(asking);
  const judged = new Map(asking.map((keyed) => [keyed, judge(keyed, sends, own)]));
  return hits.map((keyed) => judged.get(keyed) ?? keyed);
}

function judge(keyed: KeyedHit, sends: SendReader, own: OwnRules): KeyedHit {
  const known = sends.knownOf(sentOf(keyed), own.needsDomain);
  if (known === undefined) return keyed;
  const judgement = judgeAlone({ ...classifyHit(keyed.hit, keyed.host), ...known }, own);
  return { ...keyed, verdict: { ...judgement, rulesVersion: keyed.verdict.rulesVersion } };
}

function sentOf({ hit, message, recipient }: KeyedHit): Sent {
  return { message, recipient, atMs: hit.atMs, event: hit.kind, network: hit.network };
}

/** The order of the table of sends. */
function bySendKey(a: KeyedHit, b: KeyedHit): number {
  return a.message - b.message || compareKeys(a.recipient, b.recipient);
}
