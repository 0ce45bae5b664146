// Finds the http(s) URLs of a text/plain part. Trailing punctuation belongs to the sentence, not to the URL, as every
// client that makes text clickable reads it; brackets round a URL (RFC 3986, appendix C) stay where they are.
import { destinationCharsMax } from '../base/limits.ts';
import type { SourceRange } from './scan-attribute.ts';

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"\u0000-\u0020\u007f]+/gi;
const TRAILING = /[.,;:!?'*_~\])}]$/;

/** The places of URLs in `text`, in order. */
export function findTextLinks(text: string): readonly SourceRange[] {
  const ranges: SourceRange[] = [];
  for (const match of text.matchAll(URL_IN_TEXT)) {
    if (match[0].length > 2 * destinationCharsMax) continue;
    ranges.push({ start: match.index, end: match.index + trimTail(match[0]).length });
  }
  return ranges;
}

function trimTail(url: string): string {
  let end = url.length;
  while (end > 0 && TRAILING.test(url.slice(0, end)) && !closesItsOwn(url.slice(0, end))) end -= 1;
  return url.slice(0, end);
}

/** A closing bracket is part of the URL when the URL opened it. */
function closesItsOwn(url: string): boolean {
  const pairs: Record<string, string> = { ')': '(', ']': '[', '}': '{' };
  const close = url.at(-1) ?? '';
  const opening = pairs[close];
  return opening !== undefined && url.split(opening).length >= url.split(close).length;
}
