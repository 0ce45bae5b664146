// Judging stored events anew, by the rules of now and what is kept of each; counts follow. Page by page, each one
// transaction, so that settling goes on in between.

import { getOrSet } from '../base/get-or-set.ts';
import { relabelPageEvents } from '../base/limits.ts';
import type { Label } from '../base/nouns.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import { Changes } from './count-rows.ts';
import { rejudge } from './rejudge-rows.ts';
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
  const full = events.filter((event) => event.method_key !== NO_TEXT);
  const moved = new Map<Label, Map<Label, number>>();
  for (const { from, to } of rejudge(writer, full, changes, { rules: own, isDryRun })) {
    const ofLabel = getOrSet(moved, from, () => new Map<Label, number>());
    ofLabel.set(to, (ofLabel.get(to) ?? 0) + 1);
  }
  if (!isDryRun) changes.write();
  const last = events.length < relabelPageEvents ? undefined : events.at(-1);
  return {
    next: last === undefined ? null : { message: last.message_key, hitId: last.hit_id.toString('hex') },
    looked: events.length,
    bare: events.length - full.length,
    changed: [...moved].flatMap(([from, ofLabel]) => [...ofLabel].map(([to, events]) => ({ from, to, events }))),
  };
}
