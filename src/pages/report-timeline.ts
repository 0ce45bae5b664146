// When people opened and clicked: two charts, since an hour and a day are no two bars of one kind; and the same as a table.
import type { Timeline, TimelinePoint } from '../report/build-timeline.ts';
import { timelineChart } from './timeline-chart.ts';
import { countWords, numberWords } from './words.ts';

export interface TimelineSection {
  readonly charts: readonly { readonly caption: string; readonly svg: string }[];
  /** Points at which anything happened. */
  readonly rows: readonly { readonly words: string; readonly opens: string; readonly clicks: string }[];
  /** Whether more came later than a timeline reaches. */
  readonly isCut: boolean;
}

/** Days that have a bar each; past them a bar is a week, so that a chart of a year can be read, and its table too. */
const DAYS_MAX = 60;
const WEEK_DAYS = 7;

const CAPTIONS = {
  hour: 'The first 48 hours, by hour',
  day: 'After that, by day',
  week: 'After that, by week',
} as const;

/** A bar of a chart, and a row of the table. */
interface Counted {
  readonly unit: keyof typeof CAPTIONS;
  readonly words: string;
  readonly tick: string | null;
  readonly opens: number;
  readonly clicks: number;
}

/** What the section shows. */
export function timelineSection({ points, isCut }: Timeline): TimelineSection {
  const hours = points.filter(({ unit }) => unit === 'hour').map(countsOf);
  const days = points.filter(({ unit }) => unit === 'day').map(countsOf);
  const later = days.length > DAYS_MAX ? weeksOf(days) : days;
  const charts = [hours, later].flatMap((bars, place) => {
    const [first] = bars;
    if (first === undefined) return [];
    const caption = CAPTIONS[first.unit];
    const description = `${countWords(sum(bars, 'opens'), 'open')} and ${countWords(sum(bars, 'clicks'), 'click')} of people. The table below has them all.`;
    const id = place === 0 ? 'hours' : 'days';
    return [{ caption, svg: timelineChart({ id, title: `Opens and clicks: ${caption}`, description, points: bars }) }];
  });
  const rows = [...hours, ...later]
    .filter(({ opens, clicks }) => opens + clicks > 0)
    .map(({ words, opens, clicks }) => ({ words, opens: numberWords(opens), clicks: numberWords(clicks) }));
  return { charts, rows, isCut };
}

function countsOf(point: TimelinePoint, index: number): Counted {
  const { unit, opens, clicks } = point;
  return { unit, words: pointWords(point), tick: tickOf(point, index), opens: opens.people, clicks: clicks.people };
}

function weeksOf(days: readonly Counted[]): readonly Counted[] {
  return Array.from({ length: Math.ceil(days.length / WEEK_DAYS) }, (_, week) => {
    const own = days.slice(week * WEEK_DAYS, (week + 1) * WEEK_DAYS);
    const start = own[0]?.words ?? '';
    const words = own.length === 1 ? start : `${start} to ${own.at(-1)?.words}`;
    return { unit: 'week', words, tick: start, opens: sum(own, 'opens'), clicks: sum(own, 'clicks') };
  });
}

function sum(bars: readonly Counted[], kind: 'opens' | 'clicks'): number {
  return bars.reduce((total, bar) => total + bar[kind], 0);
}

function pointWords({ start, unit }: TimelinePoint): string {
  return unit === 'day' ? dayWords(start) : `${dayWords(start)}, ${start.slice(11, 16)}`;
}

/** `3 Nov`, of a time as it stands in its zone. */
function dayWords(start: string): string {
  return `${Number(start.slice(8, 10))} ${MONTHS[Number(start.slice(5, 7)) - 1] ?? ''}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function tickOf({ start, unit }: TimelinePoint, index: number): string | null {
  const time = start.slice(11, 16);
  if (unit === 'day' || time === '00:00') return dayWords(start);
  return index === 0 || time === '12:00' ? time : null;
}
