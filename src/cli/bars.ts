// Charts of characters: parts of a whole, an interval on a scale, a line of blocks over time.

/** Parts of a whole in so many characters; one that is there has a character, however small. */
export function widthsOf(values: readonly number[], columns: number): readonly number[] {
  const whole = values.reduce((sum, value) => sum + value, 0);
  if (whole === 0) return values.map(() => 0);
  const widths = values.map((value) => (value === 0 ? 0 : Math.max(1, Math.round((value / whole) * columns))));
  // What rounding gave too much or too little, the largest takes.
  const largest = widths.indexOf(Math.max(...widths));
  const rest = columns - widths.reduce((sum, width) => sum + width, 0);
  return widths.map((width, at) => (at === largest ? Math.max(1, width + rest) : width));
}

/** A value with its interval on a scale from 0 to `max`: `──████●███────`. */
export function intervalBar(
  of: { readonly value: number; readonly low: number; readonly high: number; readonly max: number },
  columns: number,
): string {
  const at = (rate: number) => Math.min(columns - 1, Math.max(0, Math.round((rate / of.max) * (columns - 1))));
  const cells = Array.from({ length: columns }, (_, place) => {
    if (place === at(of.value)) return '●';
    return place >= at(of.low) && place <= at(of.high) ? '█' : '─';
  });
  return cells.join('');
}

/** The end of a scale that has room for these rates: whole tenths. */
export function scaleFor(rates: readonly number[]): number {
  return Math.min(1, Math.max(0.1, Math.ceil(Math.max(0, ...rates) * 11) / 10));
}

const BLOCKS = '▁▂▃▄▅▆▇█';

/** One block for each value, as high as it is beside the highest; nothing is a space. Sums neighbours where there are too many. */
export function sparkline(values: readonly number[], columns: number): string {
  const each = Math.max(1, Math.ceil(values.length / columns));
  const sums = Array.from({ length: Math.ceil(values.length / each) }, (_, at) =>
    values.slice(at * each, (at + 1) * each).reduce((sum, value) => sum + value, 0),
  );
  const most = Math.max(0, ...sums);
  return sums.map((sum) => (sum === 0 ? ' ' : (BLOCKS[Math.ceil((sum / most) * BLOCKS.length) - 1] ?? ''))).join('');
}
