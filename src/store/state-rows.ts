// States of recipients: how often each opened and clicked, by label. They make unique counts exact.

import { getOrSet } from '../base/get-or-set.ts';
import { LABELS, type Label, PEOPLE, type Verdict } from '../base/nouns.ts';
import { type CountLabel, codeOf, KINDS, wordOf } from './codes.ts';
import type { Changes, CountedHit } from './count-rows.ts';
import type { EventHit } from './event-hits.ts';
import { timeOf } from './hit-ids.ts';
import type { LinkStateColumns, StateColumns, StoredEvent } from './hot-statements.ts';
import { compareKeys } from './recipient-keys.ts';
import type { LabelCounts } from './tables.ts';
import type { Writer } from './writer.ts';

interface StateChange {
  readonly message: number;
  readonly recipient: Buffer;
  readonly kind: 'open' | 'click';
  firstAtMs: number;
  lastAtMs: number;
  readonly added: Record<keyof LabelCounts, number>;
}

/** Events as they are added to the states of their recipients. */
export interface FoldedStates {
  readonly hits: readonly CountedHit[];
  readonly folded: readonly StateChange[];
  /** Of each, what is written. */
  readonly rows: readonly StateColumns[];
}

/** Puts together what is added to each state. */
export function foldStates(hits: readonly CountedHit[]): FoldedStates {
  const folded = foldByState(hits).sort(byStateKey);
  const rows = folded.map((change) => {
    return stateColumns(change, change.added, change.firstAtMs, change.lastAtMs - change.firstAtMs);
  });
  return { hits, folded, rows };
}

/** Adds events to the states of their recipients; a recipient is new to a label when all it holds was just added. */
export function applyStates(writer: Writer, { hits, folded, rows }: FoldedStates, changes: Changes): void {
  const kept = writer.statements.addState.gets(rows);
  const moves = folded.map(({ message, recipient, kind, added }, at) => {
    const after = kept[at] ?? added;
    changes.addRecipient(message, kind, newLabels(added, after));
    return { message, recipient, kind, before: without(after, added), after };
  });
  changes.audiences.moveAll(moves);
  applyLinkStates(writer, hits, changes);
}

const NOTHING: LabelCounts = { human: 0, proxy_human: 0, prefetch: 0, scanner: 0, preview: 0, unknown: 0 };

function stateColumns(
  { message, recipient, kind }: Pick<StateChange, 'message' | 'recipient' | 'kind'>,
  added: LabelCounts,
  firstAtMs: number,
  spanMs: number,
): StateColumns {
  const { human, proxy_human, prefetch, scanner, preview, unknown } = added;
  const labels = [human, proxy_human, prefetch, scanner, preview, unknown] as const;
  return [message, recipient, codeOf(KINDS, kind), ...labels, firstAtMs, spanMs];
}

function without(counts: LabelCounts, added: LabelCounts): LabelCounts {
  return {
    human: counts.human - added.human,
    proxy_human: counts.proxy_human - added.proxy_human,
    prefetch: counts.prefetch - added.prefetch,
    scanner: counts.scanner - added.scanner,
    preview: counts.preview - added.preview,
    unknown: counts.unknown - added.unknown,
  };
}

/** How an event was counted, and how it is. */
export interface LabelMove {
  readonly from: Label;
  readonly to: Label;
}

/** Gives a stored event another verdict; `changes` take it where it is counted, which tests are not. */
export function relabelEvent(writer: Writer, event: EventHit, verdict: Verdict, changes?: Changes): void {
  const { row, kept } = event;
  writer.statements.relabel.queue(writer.verdicts.keyOf(verdict), row.message_key, row.hit_id);
  if (changes === undefined) return;
  moveEvent(writer, row, { from: kept.label, to: verdict.label }, changes);
  changes.notices.relabel(event, verdict);
}

/**
 * Counts an event, which is no test, under another label than before: whoever had no other event of a label has none of it
 * any more.
 */
function moveEvent(writer: Writer, event: StoredEvent, { from, to }: LabelMove, changes: Changes): void {
  const kind = wordOf(KINDS, event.kind);
  if (from === to || kind === 'unsubscribe' || event.repeat === 1) return;
  const { message_key: message, recipient_key: recipient, link_index: index, destination_key: destination } = event;
  const atMs = timeOf(event.hit_id);
  const added = { ...NOTHING, [columnOf(from)]: -1, [columnOf(to)]: 1 };
  const after = writer.statements.addState.get(...stateColumns({ message, recipient, kind }, added, atMs, 0));
  if (after === undefined) return;
  const agent = writer.statements.textOf.get(event.agent_key) ?? '';
  changes.moveTotal({ message, kind, atMs, agent }, from, to);
  changes.audiences.move({ message, recipient, kind, before: without(after, added), after });
  if (after[columnOf(from)] === 0) changes.moveRecipient(message, kind, from, -1);
  if (after[columnOf(to)] === 1) changes.moveRecipient(message, kind, to, 1);
  const people = (PEOPLE.has(to) ? 1 : 0) - (PEOPLE.has(from) ? 1 : 0);
  if (people === 0) return;
  if (kind === 'click') changes.clickers.add(recipient);
  if (after.human + after.proxy_human === (people > 0 ? 1 : 0)) changes.moveRecipient(message, kind, 'people', people);
  if (index === null || destination === null) return;
  const ofLink = writer.statements.addLinkState.get(message, index, destination, recipient, 0, people);
  if (ofLink?.people === (people > 0 ? 1 : 0)) changes.moveLinkPeople(message, index, destination, people);
}

/** The labels, and `all` and `people`, for which this recipient had no event before. */
function newLabels(added: LabelCounts, after: LabelCounts): readonly CountLabel[] {
  const isNew = (label: Label) => added[columnOf(label)] > 0 && after[columnOf(label)] === added[columnOf(label)];
  const fresh: CountLabel[] = LABELS.filter(isNew);
  if (sum(after) === sum(added)) fresh.push('all');
  const addedPeople = added.human + added.proxy_human;
  if (addedPeople > 0 && after.human + after.proxy_human === addedPeople) fresh.push('people');
  return fresh;
}

function columnOf(label: Label): keyof LabelCounts {
  return label === 'proxy-human' ? 'proxy_human' : label;
}

function sum(counts: LabelCounts): number {
  return counts.human + counts.proxy_human + counts.prefetch + counts.scanner + counts.preview + counts.unknown;
}

function foldByState(hits: readonly CountedHit[]): StateChange[] {
  // Within a batch a recipient has one key object, which is cheaper to look up than a text.
  const folded = new Map<string, Map<Buffer, StateChange>>();
  for (const { hit, verdict, message, recipient } of hits) {
    const changes = getOrSet(folded, `${message} ${hit.kind}`, () => new Map<Buffer, StateChange>());
    const change = getOrSet(changes, recipient, () => ({
      message,
      recipient,
      kind: hit.kind,
      firstAtMs: hit.atMs,
      lastAtMs: hit.atMs,
      added: { ...NOTHING },
    }));
    change.firstAtMs = Math.min(change.firstAtMs, hit.atMs);
    change.lastAtMs = Math.max(change.lastAtMs, hit.atMs);
    change.added[columnOf(verdict.label)] += 1;
  }
  return [...folded.values()].flatMap((changes) => [...changes.values()]);
}

/** The order of the table: each of its pages is then touched once. */
function byStateKey(a: StateChange, b: StateChange): number {
  return a.message - b.message || compareKeys(a.recipient, b.recipient) || (a.kind < b.kind ? -1 : 1);
}

function applyLinkStates(writer: Writer, hits: readonly CountedHit[], changes: Changes): void {
  const clicks = hits.flatMap((keyed) => {
    const { hit, verdict, message, recipient } = keyed;
    if (hit.link === null) return [];
    changes.clickers.add(recipient);
    const people = PEOPLE.has(verdict.label) ? 1 : 0;
    const destination = writer.texts.keyOf(hit.link.destination);
    const row = [message, hit.link.index, destination, recipient, 1, people] as LinkStateColumns;
    return [{ keyed, people, row }];
  });
  const states = writer.statements.addLinkState.gets(clicks.map(({ row }) => row));
  for (const [at, { keyed, people }] of clicks.entries()) {
    const after = states[at];
    changes.addLinkRecipient(keyed, after?.total === 1 ? 1 : 0, people === 1 && after?.people === 1 ? 1 : 0);
  }
}
