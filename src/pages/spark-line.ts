// How a few days went, small enough for a line of a table.
import { type ChartNames, draw, units } from './draw.ts';

export interface SparkLine extends ChartNames {
  readonly values: readonly number[];
}

const WIDTH = 120;
const HEIGHT = 28;

/** Draws it. */
export function sparkLine(chart: SparkLine): string {
  const { values } = chart;
  const top = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map(
    (value, index) => `${units(index * step)} ${units(HEIGHT - 2 - (value / top) * (HEIGHT - 5))}`,
  );
  const line = `M${points.join('L')}`;
  const parts =
    points.length < 2 ? [] : [`<path class="area" d="${line}V${HEIGHT}H0z"/>`, `<path class="line" d="${line}"/>`];
  return draw(chart, { width: WIDTH, height: HEIGHT, className: 'spark-line' }, parts);
}
