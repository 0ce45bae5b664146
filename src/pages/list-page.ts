// The list of messages: found by a part of their name or id, in an order of one's choice, each with how its first days went.

import type { Timeline } from '../report/build-timeline.ts';
import type { MessageSummary } from '../report/list-messages.ts';
import type { MessageSort } from '../report/report-source.ts';
import { addressOf, queryOf } from './addresses.ts';
import { renderPage } from './render-page.ts';
import { sparkLine } from './spark-line.ts';
import { countWords, cut, numberWords, percentWords, timeWords } from './words.ts';

export interface ListPage {
  readonly csrf: string;
  readonly search: string;
  readonly sort: MessageSort;
  readonly items: readonly { readonly summary: MessageSummary; readonly timeline: Timeline }[];
  readonly next: string | null;
  readonly isFirst: boolean;
}

export const MESSAGE_SORTS: readonly { readonly sort: MessageSort; readonly name: string }[] = [
  { sort: 'newest', name: 'Newest first' },
  { sort: 'name', name: 'By name' },
  { sort: 'sent', name: 'Most recipients' },
  { sort: 'opened', name: 'Most opened' },
  { sort: 'clicked', name: 'Most clicked' },
];

/** Where this page stands, seen from itself. */
const ROOT = './';

/** A whole id, and of a name as much. */
const NAME_CHARS = 130;

/** The page. */
export function listPage({ csrf, search, sort, items, next, isFirst }: ListPage): string {
  const asked = { q: search, sort: sort === 'newest' ? '' : sort };
  return renderPage('messages', {
    ...{ root: ROOT, csrf, search },
    sorts: MESSAGE_SORTS.map((one) => ({ value: one.sort, name: one.name, isCurrent: one.sort === sort })),
    rows: items.map(({ summary, timeline }, place) => rowOf(summary, timeline, place)),
    next: next === null ? '' : queryOf({ ...asked, after: next }),
    first: isFirst ? '' : queryOf(asked),
  });
}

function rowOf(summary: MessageSummary, { points }: Timeline, place: number) {
  const { id, name, firstSentAt, sent, opens, clicks } = summary;
  const values = points.filter(({ unit }) => unit === 'hour').map((point) => point.opens.people);
  const spark = sparkLine({
    id: `m${place}`,
    title: 'Opens by people in the first 48 hours',
    description: countWords(
      values.reduce((sum, value) => sum + value, 0),
      'open',
    ),
    values,
  });
  return {
    href: addressOf(ROOT, 'messages', id),
    title: cut(name ?? id, NAME_CHARS),
    note: [name === null ? '' : id, firstSentAt === null ? '' : timeWords(firstSentAt, 'UTC')].filter(
      (words) => words !== '',
    ),
    sent: numberWords(sent),
    spark,
    opened: percentWords(opens.rate.human),
    rawOpened: opens.rate.raw === null ? '' : percentWords(opens.rate.raw),
    clicked: percentWords(clicks.rate.human),
    rawClicked: clicks.rate.raw === null ? '' : percentWords(clicks.rate.raw),
  };
}
