// Messages for tests, and messages taken apart again.
import MailComposer from 'nodemailer/lib/mail-composer';
import { decodeCharset } from '../../src/mime/decode-charset.ts';
import { findParts, type MimePart } from '../../src/mime/find-parts.ts';
import { readTransferBody } from '../../src/mime/transfer-body.ts';

/** A message as nodemailer builds it. */
export function compose(mail: ConstructorParameters<typeof MailComposer>[0]): Promise<Buffer> {
  return new MailComposer({
    from: 'us@example.com',
    to: 'ann@example.org',
    subject: 'Grüße',
    date: new Date(0),
    messageId: '<fixed@example.com>',
    baseBoundary: 'fixed',
    ...mail,
  })
    .compile()
    .build();
}

/** A message from lines, each ended by `eol`; characters are bytes. */
export function message(lines: readonly string[], eol = '\r\n'): Buffer {
  return Buffer.from(lines.join(eol), 'latin1');
}

/** All parts that hold no others, in order. */
export function leavesOf(raw: Buffer): readonly MimePart[] {
  const leaves = (part: MimePart): readonly MimePart[] =>
    part.children.length === 0 ? [part] : part.children.flatMap(leaves);
  return leaves(findParts(raw.toString('latin1')));
}

export function bodyOf(raw: Buffer, part: MimePart | undefined): Buffer {
  return raw.subarray(part?.bodyStart, part?.bodyEnd);
}

/** The text of a part. */
export function textOf(raw: Buffer, part: MimePart | undefined): string | undefined {
  const bytes = readTransferBody(bodyOf(raw, part), part?.encoding ?? '')?.bytes;
  return bytes && decodeCharset(bytes, part?.parameters.get('charset') ?? '')?.text;
}

/** The HTML parts of a message that are not attached. */
export function htmlParts(raw: Buffer): readonly MimePart[] {
  return leavesOf(raw).filter(({ type, disposition }) => type === 'text/html' && disposition !== 'attachment');
}

/** What a message holds outside the bodies of those parts. */
export function outside(raw: Buffer, parts: readonly MimePart[]): readonly string[] {
  const starts = [0, ...parts.map(({ bodyEnd }) => bodyEnd)];
  const ends = [...parts.map(({ bodyStart }) => bodyStart), raw.length];
  return starts.map((start, index) => raw.toString('latin1', start, ends[index]));
}
