// With what a message was opened and clicked: events by client and by device, the most opens first.
import { usageRowsMax } from '../base/limits.ts';
import type { UsageRow } from './report-source.ts';
import { shownTotals } from './withhold-small.ts';

/** Numbers of opens and clicks, not of recipients. */
export interface UsageCount {
  readonly opens: number;
  readonly clicks: number;
}

/** `client` is null where none is known: a program, or a user agent that names none; `other` for all past the 50th. */
export interface ClientCount extends UsageCount {
  readonly client: string | null;
}

/** `device` is null where none is known: a proxy, a prefetch or a program asked. */
export interface DeviceCount extends UsageCount {
  readonly device: string | null;
}

export interface Usages {
  readonly clients: readonly ClientCount[];
  readonly devices: readonly DeviceCount[];
}

/** Counts events by client, and by device. */
export function countUsage(rows: readonly UsageRow[]): Usages {
  return {
    clients: countBy(rows, ({ client }) => client).map(([client, count]) => ({ client, ...count })),
    devices: countBy(rows, ({ device }) => device).map(([device, count]) => ({ device, ...count })),
  };
}

const OTHER = 'other';

function countBy(rows: readonly UsageRow[], nameOf: (row: UsageRow) => string | null) {
  const names = [...new Set(rows.map(nameOf))];
  const totals = (kind: UsageRow['kind']) =>
    shownTotals(names.map((name) => sumOf(rows.filter((row) => row.kind === kind && nameOf(row) === name))));
  const [opens, clicks] = [totals('open'), totals('click')];
  const counts = names.map((name, at) => [name, { opens: opens[at] ?? 0, clicks: clicks[at] ?? 0 }] as const);
  const inOrder = counts.filter(([, { opens, clicks }]) => opens + clicks > 0).sort(byOpens);
  if (inOrder.length <= usageRowsMax) return inOrder;
  const rest = { opens: 0, clicks: 0 };
  for (const [, { opens, clicks }] of inOrder.slice(usageRowsMax - 1)) {
    rest.opens += opens;
    rest.clicks += clicks;
  }
  return [...inOrder.slice(0, usageRowsMax - 1), [OTHER, rest] as const];
}

function sumOf(rows: readonly UsageRow[]): { readonly total: number; readonly anonymous: number } {
  return {
    total: rows.reduce((sum, row) => sum + row.total, 0),
    anonymous: rows.reduce((sum, row) => sum + row.anonymous, 0),
  };
}

type Named = readonly [string | null, UsageCount];

/** By opens, then by name; what has none stands behind its equals. */
function byOpens([a, { opens: opensOfA }]: Named, [b, { opens: opensOfB }]: Named): number {
  if (opensOfA !== opensOfB) return opensOfB - opensOfA;
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a < b ? -1 : 1;
}
