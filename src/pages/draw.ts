// What all charts have in common: an image with a title and a description for those who do not see it, numbers rounded to
// what a screen shows, and colours by class alone, so that the page's style sheet decides (light, dark, print).
import { escapeMarkup } from './escape-markup.ts';

/** What a chart is called. */
export interface ChartNames {
  /** Unique in its page. */
  readonly id: string;
  readonly title: string;
  /** What there is to see, in a sentence or two, with the figures. */
  readonly description: string;
}

/** An SVG image of `width` by `height` units; it grows with its place in the page. */
export function draw(
  { id, title, description }: ChartNames,
  of: { readonly width: number; readonly height: number; readonly className: string; readonly stretch?: boolean },
  parts: readonly string[],
): string {
  const { width, height, className, stretch = false } = of;
  const aspect = stretch ? ' preserveAspectRatio="none"' : '';
  return (
    `<svg class="${className}" viewBox="0 0 ${width} ${height}"${aspect} role="img" aria-labelledby="${id}-t ${id}-d">` +
    `<title id="${id}-t">${escapeMarkup(title)}</title><desc id="${id}-d">${escapeMarkup(description)}</desc>` +
    `${parts.join('')}</svg>`
  );
}

/** An image that shows again what stands in words beside it: to those who do not see it, it is not there. */
export function drawBeside(
  of: { readonly width: number; readonly height: number; readonly className: string },
  parts: readonly string[],
): string {
  const { width, height, className } = of;
  return `<svg class="${className}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">${parts.join('')}</svg>`;
}

/** A rectangle of a class; with `round` corners. */
export function rect(
  className: string,
  of: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly round?: number;
  },
): string {
  const corners = of.round === undefined ? '' : ` rx="${of.round}"`;
  return `<rect class="${className}" x="${units(of.x)}" y="${units(of.y)}" width="${units(of.width)}" height="${units(of.height)}"${corners}/>`;
}

/** A line of text; `anchor` says which part of it stands at `x`. */
export function text(
  words: string,
  of: {
    readonly x: number;
    readonly y: number;
    readonly anchor?: 'start' | 'middle' | 'end';
    readonly className?: string;
  },
): string {
  const { anchor = 'start', className } = of;
  const named = className === undefined ? '' : ` class="${className}"`;
  return `<text${named} x="${units(of.x)}" y="${units(of.y)}" text-anchor="${anchor}">${escapeMarkup(words)}</text>`;
}

/** A tenth of a unit is finer than any screen. */
export function units(value: number): string {
  return String(Math.round(value * 10) / 10);
}
