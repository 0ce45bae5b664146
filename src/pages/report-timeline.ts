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

const UNITS = [
  { unit: 'hour', id: 'hours', caption: 'The first 48 hours, by hour' },
  { unit: 'day', id: 'days', caption: 'After that, by day' },
] as const;

/** What the section shows. */
export function timelineSection({ points, isCut }: Timeline): TimelineSection {
  const charts = UNITS.flatMap(({ unit, id, caption }) => {
    const some = points.filter((point) => point.unit === unit);
    if (some.length === 0) return [];
    const bars = some.map((point, index) => ({ ...countsOf(point), tick: tickOf(point, index) }));
    const description = `${countWords(sum(some, 'opens'), 'open')} and ${countWords(sum(some, 'clicks'), 'click')} of people. The table below has them all.`;
    return [{ caption, svg: timelineChart({ id, title: `Opens and clicks: ${caption}`, description, points: bars }) }];
  });
  const rows = points
    .map(countsOf)
    .filter(({ opens, clicks }) => opens + clicks > 0)
    .map(({ words, opens, clicks }) => ({ words, opens: numberWords(opens), clicks: numberWords(clicks) }));
  return { charts, rows, isCut };
}

function countsOf(point: TimelinePoint) {
  return { words: pointWords(point), opens: point.opens.people, clicks: point.clicks.people };
}

function sum(points: readonly TimelinePoint[], kind: 'opens' | 'clicks'): number {
  return points.reduce((total, point) => total + point[kind].people, 0);
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
