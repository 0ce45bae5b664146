// Tells a whole message from the HTML of one: a pixel before its headers would spoil it.
import { readHeaders } from './read-headers.ts';

/** A header at once, or behind the line that an mbox puts before each message. */
const BEGINNING = /^(?:From [^\r\n]*\r?\n)?[!-9;-~]{1,76}:/;

/** Characters looked at: signatures and traces of relays come first, 20 kB of them in mail that was forwarded a lot. */
const HEAD_CHARS = 65_536;

/** Whether a text is a message: it begins with headers, and one of them says what it holds. */
export function isMessage(text: string): boolean {
  if (!BEGINNING.test(text)) return false;
  const { headers } = readHeaders(text, 0, Math.min(text.length, HEAD_CHARS));
  const names = new Set(headers.map(({ name }) => name));
  return names.has('from') && (names.has('mime-version') || names.has('content-type'));
}
