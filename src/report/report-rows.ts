// Reports as flat rows, the form CSV takes: one row a message with every figure, the same as in JSON.
import type { Report } from './build-report.ts';
import type { MessageSummary } from './list-messages.ts';

export interface FlatTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, string | number | null>>[];
}

/** One row a figure, and below them one row a figure of each link, mail domain, client and device. */
export function reportRows(report: Report): FlatTable {
  const figures = flatten({ ...report, ...NOT_FLAT });
  const links = report.links.flatMap(({ index, destination, name, clicks }) =>
    Object.entries(clicks).map(([kind, value]) => ({
      figure: `links.${index}.clicks.${kind}`,
      value,
      destination,
      name,
    })),
  );
  const lists = [
    ...report.domains.map(({ domain, ...counts }, at) => ({ of: `domains.${at}`, name: domain, counts })),
    ...report.clients.map(({ client, ...counts }, at) => ({ of: `clients.${at}`, name: client, counts })),
    ...report.devices.map(({ device, ...counts }, at) => ({ of: `devices.${at}`, name: device, counts })),
  ].flatMap(({ of, name, counts }) =>
    Object.entries(counts).map(([kind, value]) => ({ figure: `${of}.${kind}`, value, destination: null, name })),
  );
  const plain = figures.map(([figure, value]) => ({ figure, value, destination: null, name: null }));
  const rows = [...plain, ...links, ...lists];
  return { columns: ['figure', 'value', 'destination', 'name'], rows };
}

/** Lists have rows of their own. */
const NOT_FLAT = { links: undefined, domains: undefined, clients: undefined, devices: undefined, warnings: undefined };

/** One row a message of the list. */
export function summaryRows(items: readonly MessageSummary[]): FlatTable {
  return { columns: SUMMARY_COLUMNS, rows: items.map((item) => Object.fromEntries(flatten(item))) };
}

const SUMMARY_COLUMNS = [
  ...['id', 'name', 'firstSentAt', 'sent'],
  ...['opens', 'clicks'].flatMap((kind) =>
    ['total', 'unique', 'rate.raw', 'rate.human'].map((figure) => `${kind}.${figure}`),
  ),
];

type Leaf = string | number | null;

/** The figures of a value, by their paths: `opens.total`. */
export function flatten(value: object, prefix = ''): readonly (readonly [string, Leaf])[] {
  return Object.entries(value).flatMap(([name, part]): readonly (readonly [string, Leaf])[] => {
    if (part === undefined) return [];
    if (part === null || typeof part === 'string' || typeof part === 'number') return [[prefix + name, part]];
    return flatten(part, `${prefix}${name}.`);
  });
}
