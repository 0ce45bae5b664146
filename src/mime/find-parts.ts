// Finds the parts of a message by byte offsets (RFC 2045, RFC 2046), and changes nothing. The text has one character a
// byte. Attached messages are not looked into.
import { mimeDepthMax, mimePartsMax } from '../base/limits.ts';
import { parseParameters } from './parse-parameters.ts';
import { type Header, readHeaders, valuesOf } from './read-headers.ts';

export interface MimePart {
  /** As IMAP counts: `1.2` is the second part in the first; empty for a whole message of several parts. */
  readonly number: string;
  readonly headers: readonly Header[];
  readonly headersEnd: number;
  /** Such as `text/html`, in lower case. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** `inline`, `attachment` or whatever it says; empty when it says nothing. */
  readonly disposition: string;
  readonly hasFileName: boolean;
  /** Content-Transfer-Encoding, in lower case. */
  readonly encoding: string;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  readonly children: readonly MimePart[];
  readonly problem: PartProblem | undefined;
}

export type PartProblem = 'no-boundary' | 'not-closed' | 'said-twice' | 'too-complex';

/** The message as a tree of parts. */
export function findParts(text: string): MimePart {
  let count = 0;

  function readPart(range: Range, number: string, defaultType: string): MimePart {
    count += 1;
    const { headers, end: headersEnd, bodyStart } = readHeaders(text, range.start, range.end);
    const types = valuesOf(headers, 'content-type');
    const encodings = valuesOf(headers, 'content-transfer-encoding');
    const { value: type, parameters } = parseParameters(types[0] ?? defaultType);
    const disposition = parseParameters(valuesOf(headers, 'content-disposition')[0] ?? '');
    const part = {
      number,
      headers,
      headersEnd,
      type,
      parameters,
      disposition: disposition.value,
      hasFileName: disposition.parameters.has('filename'),
      encoding: parseParameters(encodings[0] ?? '7bit').value,
      bodyStart,
      bodyEnd: range.end,
      children: [],
    };
    if (types.length > 1 || encodings.length > 1) return { ...part, problem: 'said-twice' };
    if (!type.startsWith('multipart/')) return { ...part, number: number || '1', problem: undefined };
    return { ...part, ...readChildren(part) };
  }

  function readChildren(parent: Omit<MimePart, 'problem'>): Pick<MimePart, 'children' | 'problem'> {
    const boundary = parent.parameters.get('boundary')?.trimEnd() ?? '';
    if (boundary === '') return { children: [], problem: 'no-boundary' };
    const { ranges, isClosed } = splitBody(text, { start: parent.bodyStart, end: parent.bodyEnd }, boundary);
    if (ranges.length === 0) return { children: [], problem: 'no-boundary' };
    const depth = parent.number === '' ? 0 : parent.number.split('.').length;
    if (depth >= mimeDepthMax || count + ranges.length > mimePartsMax) return { children: [], problem: 'too-complex' };
    const defaultType = parent.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    const prefix = parent.number === '' ? '' : `${parent.number}.`;
    const children = ranges.map((range, index) => readPart(range, `${prefix}${index + 1}`, defaultType));
    return { children, problem: isClosed ? undefined : 'not-closed' };
  }

  return readPart({ start: 0, end: text.length }, '', 'text/plain');
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The ranges between the delimiter lines; the line break before a delimiter belongs to it. */
function splitBody(text: string, body: Range, boundary: string): { ranges: readonly Range[]; isClosed: boolean } {
  const delimiter = `--${boundary}`;
  const ranges: Range[] = [];
  let start: number | undefined;
  let from = body.start;
  for (;;) {
    const at = text.indexOf(delimiter, from);
    if (at === -1 || at >= body.end) break;
    from = at + 1;
    if (at > body.start && text[at - 1] !== '\n') continue;
    const line = lineFrom(text, at + delimiter.length, body.end);
    const rest = /^(--)?[ \t]*\r?\n?$/.exec(line);
    if (rest === null) continue;
    if (start !== undefined) ranges.push({ start, end: Math.max(start, beforeBreak(text, at)) });
    start = at + delimiter.length + line.length;
    from = start;
    if (rest[1] !== undefined) return { ranges, isClosed: true };
  }
  if (start !== undefined) ranges.push({ start, end: body.end });
  return { ranges, isClosed: false };
}

/** From `at` to the end of its line, line break included. */
function lineFrom(text: string, at: number, end: number): string {
  const newline = text.indexOf('\n', at);
  return text.slice(at, newline === -1 || newline >= end ? end : newline + 1);
}

function beforeBreak(text: string, at: number): number {
  if (text[at - 1] !== '\n') return at;
  return text[at - 2] === '\r' ? at - 2 : at - 1;
}
