// Destinations: where a tracked link leads. Checked when a mail is compiled and once more before a redirect, so that
// neither a mistake in a mail nor a stranger's link ever becomes a Location that clients read differently.
import { destinationCharsMax } from './limits.ts';

export type Destination =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly reason: DestinationProblem };

export type DestinationProblem =
  | 'not-a-url'
  | 'not-http'
  | 'userinfo'
  | 'backslash'
  | 'control-character'
  | 'bidi-character'
  | 'too-long';

/** What each problem is, in words. */
export const DESTINATION_PROBLEMS: Readonly<Record<DestinationProblem, string>> = {
  'not-a-url': 'it is not a URL that browsers follow',
  'not-http': 'it does not begin with https:// or http://',
  userinfo: 'it holds a user name or password, which browsers warn of',
  backslash: 'it holds a backslash, which browsers read as /',
  'control-character': 'it holds a control character',
  'bidi-character': 'it holds a character that turns the direction of text',
  'too-long': `it has over ${destinationCharsMax} characters`,
};

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const HTTP = /^https?:\/\//i;

/**
 * Reads a destination as a browser would follow it and returns it in the form a browser would request: the WHATWG URL
 * serialisation, pure ASCII. `text` must be stripped already (see {@link stripUrl}).
 */
export function parseDestination(text: string): Destination {
  if (text.length > destinationCharsMax) return { ok: false, reason: 'too-long' };
  if (CONTROL.test(text)) return { ok: false, reason: 'control-character' };
  if (BIDI.test(text)) return { ok: false, reason: 'bidi-character' };
  if (text.includes('\\')) return { ok: false, reason: 'backslash' };
  if (!HTTP.test(text)) return { ok: false, reason: 'not-http' };
  const url = LONE_SURROGATE.test(text) ? undefined : parseUrl(text);
  if (url === undefined) return { ok: false, reason: 'not-a-url' };
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/i.test(text)) {
    return { ok: false, reason: 'userinfo' };
  }
  if (url.href.length > destinationCharsMax) return { ok: false, reason: 'too-long' };
  return { ok: true, url: url.href };
}

/** One parse in place of canParse and another: a mail has many links. */
function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Strips what a browser strips before it reads a URL: blanks and controls round it, tab, LF and CR inside it. */
export function stripUrl(text: string): string {
  // Not by a pattern with `+$`: it would take quadratic time for the blanks inside a long href.
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= SPACE) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= SPACE) end -= 1;
  return text.slice(start, end).replace(/[\t\n\r]/g, '');
}

const SPACE = 0x20;
