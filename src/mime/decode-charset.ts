// Reads the bytes of a part as text and remembers which bytes each character came from, so that a change of the text is
// a change of those bytes and of no other: no charset is ever encoded again.

export interface CharsetText {
  readonly text: string;
  /** False when the bytes are not in the charset they claim; they were read one character a byte. */
  readonly isAsDeclared: boolean;
  /** The bytes of the characters from `start` to `end`. */
  bytesOf(start: number, end: number): { readonly start: number; readonly end: number };
}

/** WHATWG's names (https://encoding.spec.whatwg.org/#names-and-labels). */
const SINGLE_BYTE = /^(?:windows-\d+|iso-8859-|koi8-|macintosh|ibm866|x-mac-cyrillic)/;
/** Bytes of ASCII mean ASCII in these, at least between characters. */
const MULTI_BYTE: ReadonlySet<string> = new Set([
  'gbk',
  'gb18030',
  'big5',
  'euc-jp',
  'euc-kr',
  'shift_jis',
  'iso-2022-jp',
]);
/** What mail declares that has only ASCII, or says nothing; what is in it may be UTF-8 all the same. */
const ASCII: ReadonlySet<string> = new Set(['', 'us-ascii', 'ascii', 'ansi_x3.4-1968']);

/** Reads the bytes; nothing when the charset is not known or ASCII text cannot be put into it byte by byte. */
export function decodeCharset(bytes: Buffer, declared: string): CharsetText | undefined {
  const label = declared.trim().toLowerCase();
  const charset = ASCII.has(label) ? 'utf-8' : nameOf(label);
  if (charset === undefined) return undefined;
  if (charset === 'utf-8') return decodeUtf8(bytes);
  if (SINGLE_BYTE.test(charset)) return oneByteEach(bytes, charset, true);
  return MULTI_BYTE.has(charset) ? decodeMultiByte(bytes, charset) : undefined;
}

function nameOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined; // Not a charset of the web's: UTF-7, HZ, a misspelt name.
  }
}

function oneByteEach(bytes: Buffer, charset: string, isAsDeclared: boolean): CharsetText {
  const text = new TextDecoder(charset, { ignoreBOM: true }).decode(bytes);
  return { text, isAsDeclared, bytesOf: (start, end) => ({ start, end }) };
}

/** Shifts to a charset of two bytes a character, whose bytes look like ASCII (ISO-2022). */
const SHIFT = '\u001b$';

function decodeUtf8(bytes: Buffer): CharsetText | undefined {
  if (bytes.includes(SHIFT)) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return oneByteEach(bytes, 'windows-1252', false);
  }
  if (text.length === bytes.length) return { text, isAsDeclared: true, bytesOf: (start, end) => ({ start, end }) };
  const offsets = new Uint32Array(text.length + 1);
  let at = 0;
  for (let unit = 0; unit < text.length; unit += 1) {
    offsets[unit] = at;
    at += utf8Bytes(text.charCodeAt(unit));
  }
  offsets[text.length] = at;
  return {
    text,
    isAsDeclared: true,
    bytesOf: (start, end) => ({ start: offsets[start] ?? at, end: offsets[end] ?? at }),
  };
}

/** Bytes of UTF-8 for one UTF-16 unit; each half of a surrogate pair counts two. */
function utf8Bytes(unit: number): number {
  if (unit < 0x80) return 1;
  if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) return 2;
  return 3;
}

function decodeMultiByte(bytes: Buffer, charset: string): CharsetText | undefined {
  const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true });
  const starts: number[] = [];
  const ends: number[] = [];
  let text = '';
  let done = 0;
  try {
    for (let at = 0; at < bytes.length; at += 1) {
      // One byte at a time: the decoder says where a character ends.
      const made = decoder.decode(bytes.subarray(at, at + 1), { stream: true });
      if (made === '') continue;
      // What shifts back to ASCII belongs to what came before.
      const start = made.length === 1 && made.charCodeAt(0) === bytes[at] ? at : done;
      done = at + 1;
      for (let unit = 0; unit < made.length; unit += 1) {
        starts.push(start);
        ends.push(done);
      }
      text += made;
    }
    if (decoder.decode() !== '') return undefined;
  } catch {
    return undefined;
  }
  const startOf = (unit: number): number => starts[unit] ?? bytes.length;
  return {
    text,
    isAsDeclared: true,
    bytesOf: (start, end) => ({
      start: startOf(start),
      end: end > start ? (ends[end - 1] ?? bytes.length) : startOf(start),
    }),
  };
}
