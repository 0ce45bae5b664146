// Reports as flat rows, the form CSV takes: one row a message with every figure, the same as in JSON.
import type { Report } from './build-report.ts';
import type { MessageSummary } from './list-messages.ts';

export type FlatRow = Readonly<Record<string, string | number | null>>;

/** One row a figure, and below them one row a figure of each link. All have the same columns, links or not. */
export function reportRows(report: Report): readonly FlatRow[] {
  const figures = flatten({ ...report, links: undefined, warnings: undefined });
  const rows: FlatRow[] = figures.map(([figure, value]) => ({ figure, value, destination: null, name: null }));
  for (const { index, destination, name, clicks } of report.links) {
    for (const [kind, value] of Object.entries(clicks))
      rows.push({ figure: `links.${index}.clicks.${kind}`, value, destination, name });
  }
  return rows;
}

/** One row a message of the list. */
export function summaryRows(items: readonly MessageSummary[]): readonly FlatRow[] {
  return items.map((item) => Object.fromEntries(flatten(item)));
}

type Leaf = string | number | null;

function flatten(value: object, prefix = ''): readonly (readonly [string, Leaf])[] {
  return Object.entries(value).flatMap(([name, part]): readonly (readonly [string, Leaf])[] => {
    if (part === undefined) return [];
    if (part === null || typeof part === 'string' || typeof part === 'number') return [[prefix + name, part]];
    return flatten(part, `${prefix}${name}.`);
  });
}
