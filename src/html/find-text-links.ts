// Finds the http(s) URLs of a text/plain part. Trailing punctuation belongs to the sentence, not to the URL, as every
// client that makes text clickable reads it; brackets round a URL (RFC 3986, appendix C) stay where they are.
import { destinationCharsMax } from '../base/limits.ts';
import type { SourceRange } from './scan-attribute.ts';

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"\u0000-\u0020\u007f]+/gi;
/** Punctuation of the sentence, Western and East Asian, and the quotes and brackets that stand round a URL. */
const TRAILING = new Set(`.,;:!?'*_~])}“”„‘’«»‹›…。、，．！？；：）」』】》〉`);
/** A closing bracket is part of the URL when the URL opened it. */
const OPENING: ReadonlyMap<string, string> = new Map([
  [')', '('],
  [']', '['],
  ['}', '{'],
]);

/** The places of URLs in `text`, in order. */
export function findTextLinks(text: string): readonly SourceRange[] {
  const ranges: SourceRange[] = [];
  for (const match of text.matchAll(URL_IN_TEXT)) {
    if (match[0].length > 2 * destinationCharsMax || isCutOff(text, match.index, match[0].length)) continue;
    ranges.push({ start: match.index, end: match.index + trimTail(match[0]).length });
  }
  return ranges;
}

/** Whether a URL in angle brackets does not end before the line does: its rest is on the next line (RFC 3986, appendix C). */
function isCutOff(text: string, start: number, length: number): boolean {
  return text[start - 1] === '<' && /^[ \t]*\r?\n/.test(text.slice(start + length, start + length + 10));
}

/** Without the punctuation of the sentence at its end. */
export function trimTail(url: string): string {
  const counts = countCharacters(url);
  let end = url.length;
  for (; end > 0; end -= 1) {
    const last = url.charAt(end - 1);
    const opening = OPENING.get(last);
    const closesItsOwn = opening !== undefined && (counts.get(opening) ?? 0) >= (counts.get(last) ?? 0);
    if (!TRAILING.has(last) || closesItsOwn) break;
    counts.set(last, (counts.get(last) ?? 0) - 1);
  }
  return url.slice(0, end);
}

function countCharacters(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return counts;
}
