// A person's terminal: how wide it is, and its colours. Where nobody looks (a pipe, a file), there is none.
import { styleText } from 'node:util';
import { terminalColumnsMax, terminalColumnsMin } from '../base/limits.ts';
import type { Io } from './io.ts';

export interface Terminal {
  readonly columns: number;
  /** A text in a colour or weight, unless the person wants none (https://no-color.org). */
  paint(style: Style, text: string): string;
}

export type Style = Extract<
  Parameters<typeof styleText>[0],
  'bold' | 'dim' | 'green' | 'cyan' | 'yellow' | 'red' | 'magenta' | 'gray'
>;

/** The terminal that stdout is; nothing when it is none. */
export function terminalOf({ stdout, env }: Pick<Io, 'stdout' | 'env'>): Terminal | undefined {
  if (stdout.isTTY !== true) return undefined;
  const isPlain = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return {
    columns: Math.min(Math.max(stdout.columns ?? DEFAULT_COLUMNS, terminalColumnsMin), terminalColumnsMax),
    paint: (style, text) => (isPlain || text === '' ? text : styleText(style, text, { validateStream: false })),
  };
}

const DEFAULT_COLUMNS = 80;

/** A stranger's text without what would move the cursor, turn the direction or break the line. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Cuts a printable text to so many columns. */
export function fit(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let cut = '';
  let left = columns - 1;
  for (const { segment } of GRAPHEMES.segment(text)) {
    left -= columnsOf(segment);
    if (left < 0) break;
    cut += segment;
  }
  return `${cut}…`;
}

/** Parts of a printable text on as few lines as bear them, ` · ` between two; one that is longer than a line is cut. */
export function wrapParts(parts: readonly string[], columns: number): readonly string[] {
  const lines: string[] = [];
  for (const part of parts.map((one) => fit(one, columns))) {
    const joined = `${lines.at(-1) ?? ''} · ${part}`;
    if (lines.length > 0 && columnsOf(joined) <= columns) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Ideographs, Hangul, full-width forms and emoji take two columns (UAX #11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns a printable text takes. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of GRAPHEMES.segment(text)) columns += WIDE.test(segment) ? 2 : 1;
  return columns;
}
