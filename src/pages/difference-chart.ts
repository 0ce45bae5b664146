// By how much one rate is higher than another, with its interval: left of the line in the middle it is lower, right of it
// higher. An interval over the line means that the two cannot be told apart.
import { type ChartNames, draw, rect, text, units } from './draw.ts';
import { pointsWords } from './words.ts';

export interface DifferenceChart extends ChartNames {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** The ends of the scale; several charts of a page share one. */
  readonly reach: number;
}

const WIDTH = 600;
const HEIGHT = 64;
const MIDDLE = WIDTH / 2;
const SPAN = MIDDLE - 12;
const TOP = 12;
const THICK = 16;

/** Draws it. */
export function differenceChart(chart: DifferenceChart): string {
  const { value, low, high, reach } = chart;
  const at = (difference: number) => MIDDLE + SPAN * Math.max(-1, Math.min(1, difference / reach));
  const tick = (difference: number, anchor: 'start' | 'middle' | 'end') =>
    text(`${pointsWords(difference).replace('.0', '')}`, { x: at(difference), y: HEIGHT - 8, anchor });
  return draw(chart, { width: WIDTH, height: HEIGHT, className: 'interval-chart' }, [
    rect('track', { x: MIDDLE - SPAN, y: TOP + 5, width: 2 * SPAN, height: THICK - 10, round: 3 }),
    rect('interval', { x: at(low), y: TOP, width: Math.max(3, at(high) - at(low)), height: THICK, round: 5 }),
    `<path class="raw" d="M${MIDDLE} ${TOP - 8}V${TOP + THICK + 8}"/>`,
    `<circle class="value" cx="${units(at(value))}" cy="${TOP + THICK / 2}" r="7"/>`,
    ...[tick(-reach, 'start'), tick(0, 'middle'), tick(reach, 'end')],
  ]);
}
