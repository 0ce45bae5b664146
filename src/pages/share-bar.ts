// Parts of a whole as one bar; or how much a figure is beside the largest of its table.
import { type ChartNames, draw, drawBeside, rect, units } from './draw.ts';

export interface ShareBar extends ChartNames {
  /** Parts in the order they are drawn; `className` gives each its colour. */
  readonly parts: readonly Part[];
}

interface Part {
  readonly className: string;
  readonly value: number;
}

const WIDTH = 1_000;
const HEIGHT = 20;
const GAP = 3;

/** A part that is there is seen, however small. */
const WIDTH_MIN = 3;

const SIZE = { width: WIDTH, height: HEIGHT, className: 'share-bar' } as const;

/** Draws the parts of a whole. */
export function shareBar(bar: ShareBar): string {
  const whole = bar.parts.reduce((sum, { value }) => sum + value, 0);
  return draw(bar, { ...SIZE, stretch: true }, [track(), ...drawParts(bar.parts, whole)]);
}

/** Draws a figure of a table beside the most there is; the figure stands in the table. */
export function tableBar(part: Part, most: number): string {
  return drawBeside({ width: WIDTH, height: 1, className: 'table-bar' }, part.value === 0 ? [] : [barOf(part, most)]);
}

function barOf({ className, value }: Part, most: number): string {
  const width = Math.max(WIDTH_MIN, (value / Math.max(1, most)) * WIDTH);
  return `<path class="${className}" d="M0 0h${units(width)}v1H0"/>`;
}

function track(): string {
  return rect('track', { x: 0, y: 0, width: WIDTH, height: HEIGHT });
}

function drawParts(all: readonly Part[], whole: number): readonly string[] {
  const parts = all.filter(({ value }) => value > 0);
  const free = WIDTH - GAP * Math.max(0, parts.length - 1);
  let x = 0;
  return parts.map(({ className, value }) => {
    const width = Math.max(WIDTH_MIN, (value / whole) * free);
    const part = rect(className, { x, y: 0, width, height: HEIGHT });
    x += width + GAP;
    return part;
  });
}
