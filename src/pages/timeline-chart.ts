// Opens and clicks of people over time, as bars on one scale: clicks stand in front of the opens they mostly are a part of.
import { type ChartNames, draw, text, units } from './draw.ts';
import { countWords, numberWords } from './words.ts';

export interface TimelineChart extends ChartNames {
  readonly points: readonly TimelineBar[];
}

export interface TimelineBar {
  /** What the point stands for: `3 Nov, 09:00`. */
  readonly words: string;
  /** May stand below the bar; those that would touch the one before are left out. */
  readonly tick: string | null;
  readonly opens: number;
  readonly clicks: number;
}

const WIDTH = 560;
const HEIGHT = 200;
const LEFT = 40;
const TOP = 12;
const BOTTOM = HEIGHT - 36;
const PLOT = { width: WIDTH - LEFT - 8, height: BOTTOM - TOP };

/** No bar is wider: three days are not three walls. */
const SLOT_MAX = 64;

/** Units between two ticks: `30 Sept` in the larger letters of a phone. */
const TICK_SPACE = 100;

/** Draws it. */
export function timelineChart(chart: TimelineChart): string {
  const { points } = chart;
  const top = niceTop(Math.max(1, ...points.map(({ opens, clicks }) => Math.max(opens, clicks))));
  const slot = Math.min(SLOT_MAX, PLOT.width / Math.max(1, points.length));
  // As strokes: a bar is a line as wide as it is, and takes half the characters.
  const bars = (className: string, of: (bar: TimelineBar) => number, share: number) => {
    const lines = points.map((bar, index) => barLine(LEFT + slot * (index + 0.5), (of(bar) / top) * PLOT.height));
    return `<path class="${className}" stroke-width="${units(slot * share)}" d="${lines.join('')}"/>`;
  };
  const hovers = points.map((bar, index) => hover(bar, LEFT + slot * index, slot));
  return draw(chart, { width: WIDTH, height: HEIGHT, className: 'timeline-chart' }, [
    ...[0, top / 2, top].map((value) => gridLine(value, top)),
    bars('opens', ({ opens }) => opens, 0.78),
    bars('clicks', ({ clicks }) => clicks, 0.4),
    ...ticks(points, slot),
    `<g class="hover">${hovers.join('')}</g>`,
  ]);
}

function ticks(points: readonly TimelineBar[], slot: number): readonly string[] {
  let free = 0;
  return points.flatMap(({ tick }, index) => {
    const x = LEFT + slot * (index + 0.5);
    if (tick === null || x < free) return [];
    free = x + TICK_SPACE;
    return [text(tick, { x, y: HEIGHT - 6, anchor: 'middle' })];
  });
}

function barLine(x: number, height: number): string {
  return height === 0 ? '' : `M${units(x)} ${BOTTOM}v${units(-Math.max(1.5, height))}`;
}

function gridLine(value: number, top: number): string {
  const y = BOTTOM - (value / top) * PLOT.height;
  const line = `<path class="grid" d="M${LEFT} ${units(y)}H${WIDTH - 8}"/>`;
  // Half of an odd number is no count.
  if (!Number.isInteger(value)) return line;
  return line + text(numberWords(value), { x: LEFT - 8, y: y + 4, anchor: 'end' });
}

/** What a pointer over the bar tells. */
function hover({ words, opens, clicks }: TimelineBar, x: number, slot: number): string {
  if (opens + clicks === 0) return '';
  const told = `${words}: ${countWords(opens, 'open')}, ${countWords(clicks, 'click')}`;
  return `<path d="M${units(x)} ${TOP}h${units(slot)}v${PLOT.height}h${units(-slot)}"><title>${told}</title></path>`;
}

/** The next number that is easy to read. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10) * power;
}
