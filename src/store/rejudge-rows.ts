// Judges stored events anew: the one way in which it is done, whether a send was told late, an address turned out to be
// something else, or there are new rules. What a hit is by itself also decides what it says of others, so the hits around
// it are weighed anew, and all counts follow.

import { getOrSet } from '../base/get-or-set.ts';
import type { ContextRuleId } from '../classify/context-rules.ts';
import type { ContextHit } from '../classify/evidence.ts';
import { mayHaveSpread } from '../classify/find-fan-out.ts';
import type { Judgement } from '../classify/judge-hit.ts';
import { isSameJudgement, withEvidence } from '../classify/judgement-of.ts';
import type { OwnRules } from '../classify/own-rules.ts';
import { findEvidence } from '../classify/reweigh.ts';
import type { Changes } from './count-rows.ts';
import { type EventHit, EventReader } from './event-hits.ts';
import { type Around, findAround, idOf, isFoundAgain } from './events-around.ts';
import type { KeptEvent, StoredEvent } from './hot-statements.ts';
import { makeKeptJudge } from './judge-kept.ts';
import { type LabelMove, relabelEvent } from './state-rows.ts';
import type { Writer } from './writer.ts';

export interface RejudgeOptions {
  /** By which rules. @default those that judged each event; where nobody knows them any more, it stays as it is */
  readonly rules?: OwnRules;
  /** Only says what would change. @default false */
  readonly isDryRun?: boolean;
}

/**
 * Within a transaction: judges events by what is kept and known of them now. Test traffic is judged by itself, as ever.
 * Gives all that have another label than before, those around among them.
 */
export function rejudge(
  writer: Writer,
  events: readonly KeptEvent[],
  changes: Changes,
  { rules, isDryRun = false }: RejudgeOptions = {},
): readonly LabelMove[] {
  const reader = new EventReader(writer);
  const news = judgeAnew(writer, events, { changes, reader, rules });
  if (news.size === 0) return [];
  const moves: LabelMove[] = [];
  for (const { hit, event, now } of weighAnew(writer, news, reader)) {
    if (isSameJudgement(event.kept, now)) continue;
    if (now.label !== event.kept.label) moves.push({ from: event.kept.label, to: now.label });
    if (isDryRun) continue;
    const { rulesVersion = event.version, event: asked } = news.get(hit.id) ?? {};
    relabelEvent(writer, event, { ...now, rulesVersion }, asked?.test === 1 ? undefined : changes);
  }
  return moves;
}

/** An event whose verdict is another by what it is by itself. */
interface Judged {
  readonly event: KeptEvent;
  readonly own: Judgement;
  readonly rulesVersion: string;
}

type News = ReadonlyMap<string, Judged>;

function judgeAnew(
  writer: Writer,
  events: readonly KeptEvent[],
  of: { readonly changes: Changes; readonly reader: EventReader; readonly rules: OwnRules | undefined },
): News {
  const judge = makeKeptJudge(writer, of.changes.sends);
  const news = new Map<string, Judged>();
  for (const event of events) {
    const hit = of.reader.read(event);
    const { kept, version } = of.reader.eventOf(hit);
    const rules = of.rules ?? writer.ownRules.of(version);
    if (rules === undefined) continue;
    const own = judge(event, rules);
    if (!isSameJudgement(kept, withEvidence(own, hit.known)))
      news.set(hit.id, { event, own, rulesVersion: versionOf(version, rules) });
  }
  return news;
}

/** The rules are those of now; the lists of networks are those by which the network was known. */
function versionOf(before: string, rules: OwnRules): string {
  return rules.version + (/\+networks\..*$/.exec(before)?.[0] ?? '');
}

interface Weighed {
  readonly hit: ContextHit;
  readonly event: EventHit;
  readonly now: Judgement;
}

/** What these events are, and those around them of which others say something else now. */
function weighAnew(writer: Writer, news: News, reader: EventReader): readonly Weighed[] {
  const events = [...news.values()].map(({ event }) => event);
  const around = findAround(
    writer,
    events.filter(({ test }) => test === 0),
  );
  const hits = new Map<string, { readonly stored: ContextHit; readonly hit: ContextHit }>();
  const read = (row: StoredEvent) =>
    getOrSet(hits, idOf(row), () => {
      const stored = reader.read(row);
      return { stored, hit: asNow(stored, news.get(stored.id)?.own ?? stored.own, around) };
    }).hit;
  const found = findEvidence({
    sends: around.sends.groups.map((group) => group.map(read)),
    places: around.places.groups.map((group) => group.map(read)),
  });
  for (const event of events) read(event);
  return [...hits.values()].flatMap(({ stored, hit }) => {
    const evidence = new Set([...hit.known, ...(found.get(hit) ?? [])]);
    // Rules may have changed since those around were judged; that is for whoever asks for them.
    if (!news.has(hit.id) && isSameSet(evidence, stored.known)) return [];
    return [{ hit, event: reader.eventOf(stored), now: withEvidence(hit.own, evidence) }];
  });
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one));
}

/** A hit with what it is by itself now, without what is found again. */
function asNow(stored: ContextHit, own: Judgement, around: Around): ContextHit {
  const isKept = (rule: ContextRuleId) =>
    !isFoundAgain(rule, stored.id, around) && (rule !== 'fan-out' || mayHaveSpread(own));
  return { ...stored, own, known: new Set([...stored.known].filter(isKept)) };
}
