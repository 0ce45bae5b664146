// Lists as flat rows, the form CSV takes: the same figures as in JSON, a column each.
import { LABELS } from '../base/nouns.ts';
import type { ReportLink } from './build-report.ts';
import type { Timeline } from './build-timeline.ts';
import type { EventRow } from './list-events.ts';
import type { RecipientRow } from './list-recipients.ts';
import type { HistoryRow } from './recipient-history.ts';
import { type FlatTable, flatten } from './report-rows.ts';

export function recipientRows(items: readonly RecipientRow[]): FlatTable {
  return { columns: ['recipient', 'domain', ...STATE_COLUMNS], rows: items.map(flatRow) };
}

export function historyRows(items: readonly HistoryRow[]): FlatTable {
  return { columns: ['message', 'name', ...STATE_COLUMNS], rows: items.map(flatRow) };
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

export function timelineRows({ points }: Timeline): FlatTable {
  return { columns: ['start', 'unit', ...hitColumns([])], rows: points.map(flatRow) };
}

/** Total, people and each label of opens and of clicks, and what else there is of both. */
function hitColumns(others: readonly string[]): readonly string[] {
  const figures = ['total', 'people', ...LABELS.map((label) => `byLabel.${label}`), ...others];
  return ['opens', 'clicks'].flatMap((kind) => figures.map((figure) => `${kind}.${figure}`));
}

const STATE_COLUMNS = ['sentAt', ...hitColumns(['firstAt', 'lastAt']), 'unsubscribedAt'];

const EVENT_COLUMNS = [
  ...['id', 'message', 'recipient', 'event', 'at', 'link', 'destination', 'label', 'confidence', 'reasons'],
  ...['rulesVersion', 'client', 'device', 'network', 'method', 'repeat', 'test'],
];

function flatRow(item: object): FlatTable['rows'][number] {
  return Object.fromEntries(flatten(item));
}
