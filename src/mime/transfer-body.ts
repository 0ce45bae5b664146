// A part's body in its transfer encoding (RFC 2045, section 6): decoded, and encoded again with changes.
import { type ByteEdit, spliceBytes } from './byte-edit.ts';
import { quotedPrintableBody } from './quoted-printable.ts';

export interface TransferBody {
  /** The content, decoded. */
  readonly bytes: Buffer;
  /** The body as it travels, with edits of the content made. */
  encode(edits: readonly ByteEdit[]): Buffer;
  /** Whether lines travel as long as the content has them. */
  readonly keepsLines: boolean;
}

/** Reads a body; nothing when the encoding is not known or the body is not in it. */
export function readTransferBody(raw: Buffer, encoding: string): TransferBody | undefined {
  switch (encoding) {
    case '7bit':
    case '8bit':
    case 'binary':
      return { bytes: raw, encode: (edits) => spliceBytes(raw, edits), keepsLines: true };
    case 'base64':
      return base64Body(raw);
    case 'quoted-printable':
      return { ...quotedPrintableBody(raw), keepsLines: false };
    default:
      return undefined;
  }
}

const LINE_CHARS = 76;

function base64Body(raw: Buffer): TransferBody | undefined {
  const text = raw.toString('latin1');
  const content = text.trim();
  const digits = content.replace(/\s+/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits) || digits.length % 4 === 1) return undefined;
  const bytes = Buffer.from(digits, 'base64');
  const before = text.slice(0, text.length - text.trimStart().length);
  const after = text.slice(text.trimEnd().length);
  const firstBreak = /\r?\n/.exec(content);
  // Of several lines all but the last are full; one line alone stays one only while it fits.
  const lineChars = Math.max(firstBreak === null ? Math.max(LINE_CHARS, content.length) : firstBreak.index, 4);
  const eol = firstBreak?.[0] ?? /\r?\n/.exec(text)?.[0] ?? '\r\n';

  function encode(edits: readonly ByteEdit[]): Buffer {
    if (edits.length === 0) return raw;
    const encoded = spliceBytes(bytes, edits).toString('base64');
    const lines: string[] = [];
    for (let at = 0; at < encoded.length; at += lineChars) lines.push(encoded.slice(at, at + lineChars));
    return Buffer.from(before + lines.join(eol) + after, 'latin1');
  }
  return { bytes, encode, keepsLines: false };
}
