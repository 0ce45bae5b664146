// When people opened and clicked: two charts, since an hour and a day are no two bars of one kind; and the same as a table.
import type { Timeline, TimelinePoint } from '../report/build-timeline.ts';
import { timelineChart } from './timeline-chart.ts';
import { countWords, dayWords, numberWords, pointTime } from './words.ts';

export interface TimelineSection {
  readonly charts: readonly { readonly caption: string; readonly svg: string }[];
  /** Points at which anything happened. */
  readonly rows: readonly { readonly words: string; readonly opens: string; readonly clicks: string }[];
  /** Whether more came later than a timeline reaches. */
  readonly isCut: boolean;
}

/** How many days a bar of the second chart stands for, by how many there are: one reads some thirty bars, not four hundred. */
const STEPS = [
  { daysMax: 31, days: 1, caption: 'After that, by day' },
  { daysMax: 182, days: 7, caption: 'After that, by week' },
  { daysMax: Number.POSITIVE_INFINITY, days: 28, caption: 'After that, by four weeks' },
] as const;

/** A bar of a chart, and a row of the table. */
interface Counted {
  readonly words: string;
  readonly tick: string | null;
  readonly opens: number;
  readonly clicks: number;
}

/** What the section shows. */
export function timelineSection({ points, isCut }: Timeline): TimelineSection {
  const hours = points.filter(({ unit }) => unit === 'hour').map(countsOf);
  const days = points.filter(({ unit }) => unit === 'day').map(countsOf);
  const step = STEPS.find(({ daysMax }) => days.length <= daysMax) ?? STEPS[0];
  const later = joined(days, step.days);
  const charts = [
    { id: 'hours', caption: 'The first 48 hours, by hour', bars: hours },
    { id: 'days', caption: step.caption, bars: later },
  ].flatMap(({ id, caption, bars }) => {
    if (bars.length === 0) return [];
    const description = `${countWords(sum(bars, 'opens'), 'open')} and ${countWords(sum(bars, 'clicks'), 'click')} of people. The table below has them all.`;
    return [{ caption, svg: timelineChart({ id, title: `Opens and clicks: ${caption}`, description, points: bars }) }];
  });
  const rows = [...hours, ...later]
    .filter(({ opens, clicks }) => opens + clicks > 0)
    .map(({ words, opens, clicks }) => ({ words, opens: numberWords(opens), clicks: numberWords(clicks) }));
  return { charts, rows, isCut };
}

function countsOf(point: TimelinePoint, index: number): Counted {
  const { opens, clicks } = point;
  return { words: pointTime(point), tick: tickOf(point, index), opens: opens.people, clicks: clicks.people };
}

/** So many days as one. */
function joined(days: readonly Counted[], each: number): readonly Counted[] {
  if (each === 1) return days;
  return Array.from({ length: Math.ceil(days.length / each) }, (_, place) => {
    const own = days.slice(place * each, (place + 1) * each);
    const [start = '', end = start] = [own[0]?.words, own.at(-1)?.words];
    const words = start === end ? start : `${start} to ${end}`;
    return { words, tick: start, opens: sum(own, 'opens'), clicks: sum(own, 'clicks') };
  });
}

function sum(bars: readonly Counted[], kind: 'opens' | 'clicks'): number {
  return bars.reduce((total, bar) => total + bar[kind], 0);
}

function tickOf({ start, unit }: TimelinePoint, index: number): string | null {
  const time = start.slice(11, 16);
  if (unit === 'day' || time === '00:00') return dayWords(start);
  return index === 0 || time === '12:00' ? time : null;
}
