// Lists as flat rows, the form CSV takes: the same figures as in JSON, a column each.
import { LABELS } from '../base/nouns.ts';
import type { ReportLink } from './build-report.ts';
import type { Timeline } from './build-timeline.ts';
import { amountsWords } from './conversion-figures.ts';
import type { EventRow } from './list-events.ts';
import type { RecipientRow } from './list-recipients.ts';
import type { Suppressed } from './list-suppressions.ts';
import type { HistoryRow } from './recipient-history.ts';
import type { RecipientHits } from './recipient-hits.ts';
import { type FlatTable, flatten } from './report-rows.ts';

export function recipientRows(items: readonly RecipientRow[]): FlatTable {
  const rows = items.map((item) => ({ recipient: item.recipient, domain: item.domain, ...stateCells(item) }));
  return { columns: ['recipient', 'domain', ...STATE_COLUMNS], rows };
}

export function historyRows(items: readonly HistoryRow[]): FlatTable {
  const rows = items.map((item) => ({ message: item.message, name: item.name, ...stateCells(item) }));
  return { columns: ['message', 'name', ...STATE_COLUMNS], rows };
}

/** Reasons stand in one cell, a blank between two. */
export function eventRows(items: readonly EventRow[]): FlatTable {
  return {
    columns: EVENT_COLUMNS,
    rows: items.map((item) => ({
      ...item,
      reasons: item.reasons.join(' '),
      repeat: Number(item.repeat),
      test: Number(item.test),
    })),
  };
}

export function linkRows(items: readonly ReportLink[]): FlatTable {
  const columns = ['index', 'destination', 'name', 'clicks.total', 'clicks.unique', 'clicks.human'];
  return { columns, rows: items.map(flatRow) };
}

/** Amounts of a point stand in one cell, since its currencies are not those of another. */
export function timelineRows({ points }: Timeline): FlatTable {
  const hasConversions = points.some(({ conversions }) => conversions !== undefined);
  const columns = ['start', 'unit', ...hitColumns('opens'), ...hitColumns('clicks')];
  if (!hasConversions) return { columns, rows: points.map(flatRow) };
  const rows = points.map(({ conversions, ...point }) => ({
    ...flatRow(point),
    'conversions.count': conversions?.count ?? 0,
    'conversions.value': amountsWords(conversions?.value ?? []),
    'conversions.unverified.count': conversions?.unverified.count ?? 0,
    'conversions.unverified.value': amountsWords(conversions?.unverified.value ?? []),
  }));
  return { columns: [...columns, ...CONVERSION_COLUMNS], rows };
}

const CONVERSION_COLUMNS = ['count', 'value', 'unverified.count', 'unverified.value'].map(
  (name) => `conversions.${name}`,
);

/** Total, people and each label of one kind, and what else there is of it. */
function hitColumns(kind: 'opens' | 'clicks', ...others: readonly string[]): readonly string[] {
  return ['total', 'people', ...LABELS.map((label) => `byLabel.${label}`), ...others].map(
    (figure) => `${kind}.${figure}`,
  );
}

type Cells = Record<string, string | number | null>;
type States = Pick<RecipientRow, 'sentAt' | 'opens' | 'clicks' | 'unsubscribedAt'>;

/** What one did with a message. A list of recipients is long, so this goes cell by cell and makes no names. */
function stateCells({ sentAt, opens, clicks, unsubscribedAt }: States): Cells {
  const cells: Cells = { sentAt };
  addHits(cells, OPEN_COLUMNS, opens);
  addHits(cells, CLICK_COLUMNS, clicks);
  cells['unsubscribedAt'] = unsubscribedAt;
  return cells;
}

function addHits(cells: Cells, columns: readonly string[], { total, people, byLabel, firstAt, lastAt }: RecipientHits) {
  const values = [total, people, ...LABELS.map((label) => byLabel[label]), firstAt, lastAt];
  for (const [at, column] of columns.entries()) cells[column] = values[at] ?? null;
}

const OPEN_COLUMNS = hitColumns('opens', 'firstAt', 'lastAt');
const CLICK_COLUMNS = hitColumns('clicks', 'firstAt', 'lastAt');
const STATE_COLUMNS = ['sentAt', ...OPEN_COLUMNS, ...CLICK_COLUMNS, 'unsubscribedAt'];

const EVENT_COLUMNS = [
  ...['id', 'message', 'recipient', 'event', 'at', 'link', 'destination', 'label', 'confidence', 'reasons'],
  ...['rulesVersion', 'client', 'device', 'network', 'method', 'repeat', 'test'],
];

function flatRow(item: object): FlatTable['rows'][number] {
  return Object.fromEntries(flatten(item));
}

export function suppressionRows(items: readonly Suppressed[]): FlatTable {
  return { columns: ['recipient', 'reason', 'source', 'at'], rows: items.map(flatRow) };
}
