// Judging stored events anew, by the rules of now and what is kept of each; counts follow. Page by page, each one
// transaction, so that settling goes on in between.
import { relabelPageEvents } from '../base/limits.ts';
import { LABELS, type Label } from '../base/nouns.ts';
import { judgeAlone } from '../classify/classify.ts';
import type { Judgement } from '../classify/judge-hit.ts';
import { contextOf, withEvidence } from '../classify/judgement-of.ts';
import { keptHit } from '../classify/kept-hit.ts';
import { type OwnRules, readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import { codeOf, KINDS, NETWORKS, wordOf } from './codes.ts';
import { Changes, getOrSet } from './count-rows.ts';
import { timeOf } from './hit-ids.ts';
import type { KeptEvent, StoredVerdict } from './hot-statements.ts';
import { moveState } from './state-rows.ts';
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
  relabel(
    after: RelabelPlace | null,
    options: { readonly rules: readonly VerdictRule[]; readonly isDryRun: boolean },
  ): Promise<RelabelPage>;
}

export function makeRelabelStore(writer: Writer): RelabelStore {
  return {
    relabel: (after, { rules, isDryRun }) =>
      writer.transaction(() => relabelPage(writer, after, readOwnRules(rules, 'relabel'), isDryRun)),
  };
}

function relabelPage(writer: Writer, after: RelabelPlace | null, own: OwnRules, isDryRun: boolean): RelabelPage {
  const from = Buffer.from(after?.hitId ?? '', 'hex');
  const events = writer.statements.keptAfter.all(after?.message ?? 0, from, relabelPageEvents);
  const changes = new Changes(writer);
  const judge = makeJudge(writer, own);
  const moved = new Map<string, number>();
  const full = events.filter((event) => event.method_key !== NO_TEXT);
  for (const event of full) {
    const { before, after: now } = judge(event);
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

/** What an event was and is now. Events with the same verdict, agent, method and network are judged once a page. */
function makeJudge(writer: Writer, own: OwnRules) {
  const known = new Map<string, { readonly before: StoredVerdict; readonly after: Judgement }>();
  return (event: KeptEvent) => {
    const { verdict_key: verdict, agent_key: agent, method_key: method, network, kind } = event;
    return getOrSet(known, `${verdict} ${agent} ${method} ${network} ${kind}`, () => {
      const before = writer.statements.verdictOf.get(verdict);
      if (before === undefined) throw new Error(`there is no verdict ${verdict}`);
      const reasons = before.reasons.split(' ');
      const signals = {
        id: '',
        event: wordOf(KINDS, kind),
        method: writer.statements.textOf.get(method) ?? '',
        network: wordOf(NETWORKS, network),
        agent: writer.statements.textOf.get(agent) ?? '',
      };
      return { before, after: withEvidence(judgeAlone(keptHit(signals, reasons), own), contextOf(reasons)) };
    });
  };
}

function isSame(before: StoredVerdict, after: Judgement): boolean {
  if (wordOf(LABELS, before.label) !== after.label || before.confidence !== after.confidence) return false;
  return before.reasons === after.reasons.join(' ');
}

/** The rules are those of now; the lists of networks are those by which the network was known. */
function versionOf(before: StoredVerdict, own: OwnRules): string {
  return own.version + (/\+networks\..*$/.exec(before.rules_version)?.[0] ?? '');
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
  const kind = wordOf(KINDS, event.kind);
  if (kind === 'unsubscribe' || event.repeat === 1 || event.test === 1) return;
  const { message_key: message, recipient_key: recipient, link_index: index, destination_key: destination } = event;
  const link = index === null || destination === null ? null : { index, destination };
  moveState(
    writer,
    { message, recipient, kind, atMs: timeOf(event.hit_id), link },
    wordOf(LABELS, before.label),
    now.label,
    changes,
  );
}
