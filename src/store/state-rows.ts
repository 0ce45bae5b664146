// States of recipients: how often each opened and clicked, by label. They make unique counts exact.
import { sql, type Transaction } from 'kysely';
import { type Label, PEOPLE } from '../base/nouns.ts';
import type { Changes, CountedHit, Keys } from './count-rows.ts';
import { keyIn } from './dictionaries.ts';
import type { CountLabel, LabelCounts, Tables } from './tables.ts';

const NO_COUNTS: LabelCounts = { human: 0, proxy_human: 0, prefetch: 0, scanner: 0, preview: 0, unknown: 0 };

type LabelColumn = keyof LabelCounts;

function columnOf(label: Label): LabelColumn {
  return label === 'proxy-human' ? 'proxy_human' : label;
}

interface StateChange {
  readonly message_key: number;
  readonly recipient_key: number;
  readonly kind: 'open' | 'click';
  readonly first_at_ms: number;
  readonly last_at_ms: number;
  readonly labels: ReadonlyMap<Label, number>;
}

/** Adds events to the states of their recipients; a recipient is new to a label when all it holds was just added. */
export async function applyStates(
  tx: Transaction<Tables>,
  hits: readonly CountedHit[],
  keys: Keys,
  changes: Changes,
): Promise<void> {
  for (const judged of hits) changes.addTotal(judged);
  for (const change of sortedByKey(foldStates(hits, keys))) {
    const { labels, ...row } = change;
    const added = { ...NO_COUNTS };
    for (const [label, count] of labels) added[columnOf(label)] += count;
    const after = await tx
      .insertInto('states')
      .values({ ...row, ...added })
      .onConflict((conflict) =>
        conflict.columns(['message_key', 'recipient_key', 'kind']).doUpdateSet((eb) => ({
          human: eb('states.human', '+', eb.ref('excluded.human')),
          proxy_human: eb('states.proxy_human', '+', eb.ref('excluded.proxy_human')),
          prefetch: eb('states.prefetch', '+', eb.ref('excluded.prefetch')),
          scanner: eb('states.scanner', '+', eb.ref('excluded.scanner')),
          preview: eb('states.preview', '+', eb.ref('excluded.preview')),
          unknown: eb('states.unknown', '+', eb.ref('excluded.unknown')),
          first_at_ms: sql<number>`min(states.first_at_ms, excluded.first_at_ms)`,
          last_at_ms: sql<number>`max(states.last_at_ms, excluded.last_at_ms)`,
        })),
      )
      .returning(['human', 'proxy_human', 'prefetch', 'scanner', 'preview', 'unknown'])
      .executeTakeFirstOrThrow();
    changes.addRecipient(row.message_key, row.kind, newLabels(labels, added, after));
  }
  await applyLinkStates(tx, hits, keys, changes);
}

/** The labels, and `all` and `people`, for which this recipient had no event before. */
function newLabels(labels: ReadonlyMap<Label, number>, added: LabelCounts, after: LabelCounts): readonly CountLabel[] {
  const fresh: CountLabel[] = [...labels.keys()].filter((label) => after[columnOf(label)] === added[columnOf(label)]);
  if (sum(after) === sum(added)) fresh.push('all');
  const addedPeople = added.human + added.proxy_human;
  if (addedPeople > 0 && after.human + after.proxy_human === addedPeople) fresh.push('people');
  return fresh;
}

function sum(counts: LabelCounts): number {
  return counts.human + counts.proxy_human + counts.prefetch + counts.scanner + counts.preview + counts.unknown;
}

function foldStates(hits: readonly CountedHit[], keys: Keys): readonly StateChange[] {
  const folded = new Map<string, StateChange & { readonly labels: Map<Label, number> }>();
  for (const { hit, verdict } of hits) {
    const message_key = keyIn(keys.messages, hit.message);
    const recipient_key = keyIn(keys.recipients, hit.recipient ?? '');
    const name = `${message_key} ${recipient_key} ${hit.kind}`;
    const labels = folded.get(name)?.labels ?? new Map<Label, number>();
    labels.set(verdict.label, (labels.get(verdict.label) ?? 0) + 1);
    folded.set(name, {
      message_key,
      recipient_key,
      kind: hit.kind,
      first_at_ms: Math.min(folded.get(name)?.first_at_ms ?? hit.atMs, hit.atMs),
      last_at_ms: Math.max(folded.get(name)?.last_at_ms ?? hit.atMs, hit.atMs),
      labels,
    });
  }
  return [...folded.values()];
}

/** Rows of one statement order by key: writers that meet never wait for each other in a ring. */
function sortedByKey(changes: readonly StateChange[]): readonly StateChange[] {
  return [...changes].sort(
    (a, b) => a.message_key - b.message_key || a.recipient_key - b.recipient_key || (a.kind < b.kind ? -1 : 1),
  );
}

async function applyLinkStates(
  tx: Transaction<Tables>,
  hits: readonly CountedHit[],
  keys: Keys,
  changes: Changes,
): Promise<void> {
  for (const judged of hits) {
    const { hit, verdict } = judged;
    if (hit.link === null) continue;
    const row = {
      message_key: keyIn(keys.messages, hit.message),
      link_index: hit.link.index,
      destination_key: keyIn(keys.texts, hit.link.destination),
      recipient_key: keyIn(keys.recipients, hit.recipient ?? ''),
    };
    const people = PEOPLE.has(verdict.label) ? 1 : 0;
    const after = await tx
      .insertInto('link_states')
      .values({ ...row, total: 1, people })
      .onConflict((conflict) =>
        conflict.columns(['message_key', 'link_index', 'destination_key', 'recipient_key']).doUpdateSet((eb) => ({
          total: eb('link_states.total', '+', eb.ref('excluded.total')),
          people: eb('link_states.people', '+', eb.ref('excluded.people')),
        })),
      )
      .returning(['total', 'people'])
      .executeTakeFirstOrThrow();
    changes.addLinkRecipient(judged, after.total === 1 ? 1 : 0, people === 1 && after.people === 1 ? 1 : 0);
  }
}
