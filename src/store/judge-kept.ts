// Judges stored events by themselves, by rules of now, what is kept of each and what was recorded of its send. Events that
// are alike in all that rules look at are judged once.

import { getOrSet } from '../base/get-or-set.ts';
import { judgeAlone } from '../classify/classify.ts';
import type { Judgement } from '../classify/judge-hit.ts';
import { keptHit } from '../classify/kept-hit.ts';
import type { OwnRules } from '../classify/own-rules.ts';
import { KINDS, NETWORKS, wordOf } from './codes.ts';
import { timeOf } from './hit-ids.ts';
import type { KeptEvent, StoredVerdict } from './hot-statements.ts';
import type { SendReader } from './send-reader.ts';
import type { Writer } from './writer.ts';

/** Makes the judge of one transaction. */
export function makeKeptJudge(writer: Writer, sends: SendReader): (event: KeptEvent, own: OwnRules) => Judgement {
  const judged = new Map<string, Judgement>();
  const verdicts = new Map<number, StoredVerdict>();
  const { statements } = writer;

  function verdictOf(key: number): StoredVerdict {
    return getOrSet(verdicts, key, () => {
      const verdict = statements.verdictOf.get(key);
      if (verdict === undefined) throw new Error(`there is no verdict ${key}`);
      return verdict;
    });
  }

  return (event, own) => {
    const { verdict_key: verdict, agent_key: agent, method_key: method, message_key: message, host_key: host } = event;
    const kind = wordOf(KINDS, event.kind);
    const network = wordOf(NETWORKS, event.network);
    const atMs = timeOf(event.hit_id);
    const sent = { message, recipient: event.recipient_key, atMs, event: kind, network };
    const send = sends.knownOf(sent, own.needsDomain);
    const sinceMs = atMs - (send?.sentAtMs ?? Number.NaN);
    const looks = `${verdict} ${agent} ${method} ${network} ${kind} ${host} ${sinceMs} ${send?.recipientDomain} ${own.version}`;
    return getOrSet(judged, looks, () => {
      const texts = { method: statements.textOf.get(method) ?? '', agent: statements.textOf.get(agent) ?? '' };
      const ptr = statements.textOf.get(host);
      const kept = keptHit(
        { id: '', event: kind, network, ptr, ...texts },
        verdictOf(verdict).reasons.split(' '),
        send,
      );
      return judgeAlone(kept, own);
    });
  };
}
