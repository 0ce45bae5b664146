// A rate with how sure it is: on a scale from 0 to 100 %, the interval, the wider band, the estimate, and the raw rate, which
// includes machines.
import { type ChartNames, draw, rect, text, units } from './draw.ts';
import { percentWords } from './words.ts';

export interface IntervalChart extends ChartNames {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** The interval when an assumption is as wrong as it may be. */
  readonly band: { readonly low: number; readonly high: number } | null;
  readonly raw: number | null;
}

const WIDTH = 600;
const HEIGHT = 84;
const LEFT = 12;
const SPAN = WIDTH - 2 * LEFT;
const TOP = 34;
const THICK = 16;

/** Draws it. */
export function intervalChart(chart: IntervalChart): string {
  const { value, low, high, band, raw } = chart;
  const track = rect('track', { x: LEFT, y: TOP + 5, width: SPAN, height: THICK - 10, round: 3 });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((rate) =>
    text(`${rate * 100} %`, {
      x: at(rate),
      y: HEIGHT - 8,
      anchor: rate === 0 ? 'start' : rate === 1 ? 'end' : 'middle',
    }),
  );
  const middle = TOP + THICK / 2;
  return draw(chart, { width: WIDTH, height: HEIGHT, className: 'interval-chart' }, [
    track,
    ...(band === null ? [] : [span('band', band.low, band.high)]),
    span('interval', low, high),
    `<circle class="value" cx="${units(at(value))}" cy="${middle}" r="7"/>`,
    ...(raw === null ? [] : rawMark(raw)),
    ...ticks,
  ]);
}

function span(className: string, low: number, high: number): string {
  return rect(className, { x: at(low), y: TOP, width: Math.max(3, at(high) - at(low)), height: THICK, round: 5 });
}

/** Rates past 100 % (more openers than recorded sends) stand at the end. */
function at(rate: number): number {
  return LEFT + SPAN * Math.min(1, Math.max(0, rate));
}

function rawMark(raw: number): readonly string[] {
  const x = at(raw);
  const line = `<path class="raw" d="M${units(x)} ${TOP - 8}V${TOP + THICK + 8}"/>`;
  const anchor = x < 60 ? 'start' : x > WIDTH - 60 ? 'end' : 'middle';
  return [line, text(`raw ${percentWords(raw)}`, { x, y: TOP - 15, anchor, className: 'raw-words' })];
}
