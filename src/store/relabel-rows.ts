// Judging stored events anew, by the rules of now and what is kept of each; counts follow. Page by page, each one
// transaction, so that settling goes on in between.
import { relabelPageEvents } from '../base/limits.ts';
import { LABELS, type Label } from '../base/nouns.ts';
import type { Judgement } from '../classify/judge-hit.ts';
import { contextOf, isSameJudgement, withEvidence } from '../classify/judgement-of.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import { codeOf, wordOf } from './codes.ts';
import { Changes } from './count-rows.ts';
import type { KeptEvent, StoredVerdict } from './hot-statements.ts';
import { makeKeptJudge, versionOf } from './judge-kept.ts';
import { moveEvent } from './state-rows.ts';
import { NO_TEXT } from './tables.ts';
import type { Writer } from './writer.ts';

/** Where a page ended. */
export interface RelabelPlace {
  readonly message: number;
  /** In hexadecimal. */
  readonly hitId: string;
}

export interface RelabelPage {
  /** Where to go on; nothing when all was looked at. */
  readonly next: RelabelPlace | null;
  readonly looked: number;
  /** Of those, events whose raw signals are gone: their verdicts stay. */
  readonly bare: number;
  readonly changed: readonly { readonly from: Label; readonly to: Label; readonly events: number }[];
}

export interface RelabelStore {
  /** Judges the next events behind a place anew; a dry run only counts. */
  relabel(after: RelabelPlace | null, options: RelabelOptions): Promise<RelabelPage>;
}

interface RelabelOptions {
  readonly rules: readonly VerdictRule[];
  readonly isDryRun: boolean;
}

export function makeRelabelStore(writer: Writer): RelabelStore {
  return {
    relabel: (after, options) => writer.transaction(() => relabelPage(writer, after, options)),
  };
}

function relabelPage(writer: Writer, after: RelabelPlace | null, { rules, isDryRun }: RelabelOptions): RelabelPage {
  const own = isDryRun ? readOwnRules(rules, 'relabel') : writer.ownRules.keep(rules);
  const from = Buffer.from(after?.hitId ?? '', 'hex');
  const events = writer.statements.keptAfter.all(after?.message ?? 0, from, relabelPageEvents);
  const changes = new Changes(writer);
  const judge = makeKeptJudge(writer, changes.sends);
  const moved = new Map<string, number>();
  const full = events.filter((event) => event.method_key !== NO_TEXT);
  for (const event of full) {
    const { before, own: alone } = judge(event, own);
    const now = withEvidence(alone, contextOf(before.reasons.split(' ')));
    if (isSame(before, now)) continue;
    const to = codeOf(LABELS, now.label);
    if (before.label !== to) moved.set(`${before.label} ${to}`, (moved.get(`${before.label} ${to}`) ?? 0) + 1);
    if (!isDryRun) relabel(writer, event, before, { ...now, version: versionOf(before, own) }, changes);
  }
  if (!isDryRun) changes.write();
  const last = events.length < relabelPageEvents ? undefined : events.at(-1);
  return {
    next: last === undefined ? null : { message: last.message_key, hitId: last.hit_id.toString('hex') },
    looked: events.length,
    bare: events.length - full.length,
    changed: [...moved].map(([codes, count]) => {
      const [of = 0, to = 0] = codes.split(' ').map(Number);
      return { from: wordOf(LABELS, of), to: wordOf(LABELS, to), events: count };
    }),
  };
}

function isSame(before: StoredVerdict, after: Judgement): boolean {
  const { label, confidence, reasons } = before;
  return isSameJudgement({ label: wordOf(LABELS, label), confidence, reasons: reasons.split(' ') }, after);
}

function relabel(
  writer: Writer,
  event: KeptEvent,
  before: StoredVerdict,
  { version, ...now }: Judgement & { readonly version: string },
  changes: Changes,
): void {
  const verdict = writer.verdicts.keyOf({ ...now, rulesVersion: version });
  writer.statements.relabel.run(verdict, event.message_key, event.hit_id);
  if (event.test === 0) moveEvent(writer, event, { from: wordOf(LABELS, before.label), to: now.label }, changes);
}
