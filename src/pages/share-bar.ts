// Parts of a whole as one bar; with a single part, how much of the whole it is.
import { type ChartNames, draw, rect } from './draw.ts';

export interface ShareBar extends ChartNames {
  /** Parts in the order they are drawn; `className` gives each its colour. */
  readonly parts: readonly { readonly className: string; readonly value: number }[];
  /** What all parts are shares of. @default their sum */
  readonly whole?: number;
}

const WIDTH = 1_000;
const HEIGHT = 20;
const GAP = 3;

/** A part that is there is seen, however small. */
const WIDTH_MIN = 3;

/** Draws it. */
export function shareBar(bar: ShareBar): string {
  const parts = bar.parts.filter(({ value }) => value > 0);
  const whole = bar.whole ?? parts.reduce((sum, { value }) => sum + value, 0);
  const free = WIDTH - GAP * Math.max(0, parts.length - 1);
  let x = 0;
  const drawn = parts.map(({ className, value }) => {
    const width = Math.max(WIDTH_MIN, (value / whole) * free);
    const part = rect(className, { x, y: 0, width, height: HEIGHT });
    x += width + GAP;
    return part;
  });
  const track = rect('track', { x: 0, y: 0, width: WIDTH, height: HEIGHT });
  return draw(bar, { width: WIDTH, height: HEIGHT, className: 'share-bar', stretch: true }, [track, ...drawn]);
}
