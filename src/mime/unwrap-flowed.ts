// A text that is `format=flowed` (RFC 3676) as a reader sees it: lines that end in a blank go on in the next one. Where
// a change touches such a break, the break goes with what it broke; every other one stays as it is.
import type { CharsetText } from './decode-charset.ts';
import type { MimePart } from './find-parts.ts';

/** Takes the soft breaks out of the text of a part, if it has any; the text still knows its bytes. */
export function unwrapFlowed(
  decoded: CharsetText,
  { type, parameters }: Pick<MimePart, 'type' | 'parameters'>,
): CharsetText {
  if (type !== 'text/plain' || parameters.get('format')?.toLowerCase() !== 'flowed') return decoded;
  const breaks = findSoftBreaks(decoded.text, parameters.get('delsp')?.toLowerCase() === 'yes');
  if (breaks.length === 0) return decoded;
  let text = '';
  let at = 0;
  /** Where each break stood in the text without them. */
  const places: number[] = [];
  for (const { start, end } of breaks) {
    text += decoded.text.slice(at, start);
    places.push(text.length);
    at = end;
  }
  text += decoded.text.slice(at);

  /** Where a character stood before. */
  function placeOf(offset: number): number {
    const before = countUpTo(places, offset);
    const last = breaks[before - 1];
    return last === undefined ? offset : last.end + offset - (places[before - 1] ?? 0);
  }

  return {
    ...decoded,
    text,
    // The end is that of the last character: a break behind it stays.
    bytesOf: (start, end) => decoded.bytesOf(placeOf(start), end > start ? placeOf(end - 1) + 1 : placeOf(start)),
  };
}

interface SoftBreak {
  readonly start: number;
  readonly end: number;
}

interface Line {
  readonly quotes: number;
  /** Behind the quote marks and the blank that was stuffed in. */
  readonly start: number;
  /** Before the line break. */
  readonly end: number;
  readonly isFlowed: boolean;
  readonly isSignature: boolean;
}

/** The breaks with the quote marks behind them and, where it is to be deleted (`DelSp=yes`), the blank before them. */
function findSoftBreaks(text: string, deletesBlank: boolean): readonly SoftBreak[] {
  const breaks: SoftBreak[] = [];
  let last: Line | undefined;
  for (const { index, 0: whole } of text.matchAll(/[^\n]+\n?|\n/g)) {
    const line = readLine(whole, index);
    if (last?.isFlowed && last.quotes === line.quotes && !line.isSignature) {
      breaks.push({ start: deletesBlank ? last.end - 1 : last.end, end: line.start });
    }
    last = line;
  }
  return breaks;
}

function readLine(whole: string, at: number): Line {
  const written = whole.replace(/\r?\n$/, '');
  const [prefix = '', quotes = ''] = /^(>*) ?/.exec(written) ?? [];
  const content = written.slice(prefix.length);
  const isSignature = content === '-- ';
  return {
    quotes: quotes.length,
    start: at + prefix.length,
    end: at + written.length,
    isFlowed: content.endsWith(' ') && !isSignature,
    isSignature,
  };
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
