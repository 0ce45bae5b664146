// Rewrites a whole message: only the bodies of its HTML parts (and, on request, text parts) that hold something to track
// are written anew, each in its own charset and transfer encoding. Every other byte of the message stays.
import { TelltaleError } from '../base/errors.ts';
import { idBytesMax, mailLineBytesMax } from '../base/limits.ts';
import { checkChoice, checkFlag, kindOf } from '../base/options.ts';
import type { ByteEdit } from '../mime/byte-edit.ts';
import { type CharsetText, decodeCharset } from '../mime/decode-charset.ts';
import { findParts, type MimePart } from '../mime/find-parts.ts';
import { type Header, valuesOf } from '../mime/read-headers.ts';
import { readTransferBody, type TransferBody } from '../mime/transfer-body.ts';
import { unwrapFlowed } from '../mime/unwrap-flowed.ts';
import { type Body, chooseBodies, inlinePgpNote, leave, type MimeNote, noteOf } from './choose-bodies.ts';
import { type MailLink, TYPICAL_ID_BYTES } from './compile-mail.ts';
import type { CompiledMail, MailEdits, RenderOptions } from './compiled-mail.ts';
import type { CompileOptions, Tracker } from './create-tracker.ts';
import type { Edit } from './template.ts';

export interface CompileMimeOptions extends Omit<CompileOptions, 'text'> {
  /** Whether URLs of text parts are wrapped too. @default 'leave' */
  readonly text?: 'track' | 'leave' | undefined;
  /** Puts the unsubscribe headers into the message, if it has none of its own. @default false */
  readonly addHeaders?: boolean | undefined;
}

export interface RewriteMimeOptions extends CompileMimeOptions {
  /** The sender's own id of the recipient, or `null` for the message alone. */
  readonly recipient: string | null;
}

/** A tracked link, and the part it stands in. */
export interface MimeLink extends MailLink {
  readonly part: string;
}

export interface RenderedMime {
  /** The message. */
  readonly raw: Buffer;
  /** The unsubscribe headers; empty without a recipient, or when the message has a List-Unsubscribe of its own. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface RewrittenMime extends RenderedMime {
  readonly links: readonly MimeLink[];
  readonly notes: readonly MimeNote[];
}

/** A message that is read once for all its recipients. */
export interface CompiledMime {
  readonly message: string;
  readonly links: readonly MimeLink[];
  readonly notes: readonly MimeNote[];
  /** Bytes the message had before. */
  readonly sourceBytes: number;
  /** Bytes a render adds for a recipient id of 12 bytes, or of `recipientBytes`. */
  readonly bytesAdded: number;
  /** Tells the store of the links, as {@link CompiledMail.register}. */
  register(): Promise<void>;
  /**
   * Makes the message one recipient's, or with `null` the message's alone.
   *
   * @throws TelltaleError `INVALID_ID`, `LINKS_NOT_REGISTERED`.
   */
  render(recipient: string | null, options?: RenderOptions): RenderedMime;
}

/**
 * Rewrites a message for one recipient.
 *
 * @param raw the message as it is sent; a string stands for its UTF-8.
 * @throws TelltaleError as {@link compileMime}; never for what the message holds.
 */
export function rewriteMime(
  tracker: Tracker,
  raw: Uint8Array | string,
  { recipient, ...options }: RewriteMimeOptions,
): RewrittenMime {
  const compiled = compileMime(tracker, raw, { ...options, keepMail: options.keepMail ?? false });
  return { ...compiled.render(recipient), links: compiled.links, notes: compiled.notes };
}

/**
 * Compiles a message once for all its recipients.
 *
 * @param raw the message as it is sent; a string stands for its UTF-8.
 * @throws TelltaleError `INVALID_ID`, `INVALID_OPTION`, `UNKNOWN_OPTION`; never for what the message holds.
 */
export function compileMime(tracker: Tracker, raw: Uint8Array | string, options: CompileMimeOptions): CompiledMime {
  const source = toBuffer(raw);
  const root = findParts(source.toString('latin1'));
  const { text = 'leave', addHeaders, ...rest } = options;
  const addsHeaders = checkFlag(addHeaders, 'addHeaders');
  checkChoice(text, ['track', 'leave'], 'text');
  const ownWaysOut = valuesOf(root.headers, 'list-unsubscribe');
  const compileOptions = { ...rest, unsubscribe: [rest.unsubscribe ?? [], ownWaysOut].flat() };
  const chosen = chooseBodies(root);
  const contents = chosen.bodies
    .filter(({ kind }) => kind === 'html' || text === 'track')
    .map((body) => readContent(source, body));
  const units = compileUnits(
    tracker,
    contents.flatMap((content) => ('note' in content ? [] : [content])),
    compileOptions,
  );
  // Where nothing is tracked, the mail still has a way out, and wrong options are still refused.
  const first = units[0]?.compiled ?? tracker.compile('', compileOptions);
  const proven = units.map((unit) => prove(unit, rest.recipientBytes || idBytesMax));
  const bodies = proven.flatMap(({ kept }) => kept);

  function headersFor(recipient: string | null): Readonly<Record<string, string>> {
    if (recipient === null || ownWaysOut.length > 0) return {};
    const { headers } = first.draft(recipient);
    const names = new Set(root.headers.map(({ name }) => name));
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase())));
  }

  function write(recipient: string | null, editsOf: (mail: CompiledMail) => MailEdits): RenderedMime {
    const headers = headersFor(recipient);
    const inserted = addsHeaders ? [headerReplacement(source, root.headersEnd, headers)] : [];
    const written = bodies.flatMap(({ content, compiled }) => bodyReplacement(content, editsOf(compiled)));
    return { raw: replace(source, [...inserted, ...written]), headers };
  }

  function render(recipient: string | null, renderOptions?: RenderOptions): RenderedMime {
    // Also checks the recipient of a mail without anything to track.
    first.edits(recipient, renderOptions);
    return write(recipient, (mail) => mail.edits(recipient, renderOptions));
  }

  const typicalId = 'x'.repeat(rest.recipientBytes || TYPICAL_ID_BYTES);
  const typical = write(typicalId, (mail) => mail.draft(typicalId).edits).raw;
  return {
    message: first.message,
    links: units.flatMap(({ compiled, parts }) =>
      compiled.links.map((link) => ({ ...link, part: partOf(link, parts) })),
    ),
    notes: [
      ...(typical.equals(source) ? [] : signatureNotes(root)),
      ...chosen.notes,
      ...contents.flatMap((content) => ('note' in content ? [content.note] : content.notes)),
      ...units.flatMap(({ compiled, parts }) =>
        compiled.notes.map((note) => ({ ...note, part: parts.html?.number ?? '' })),
      ),
      ...proven.flatMap(({ notes }) => notes),
    ],
    sourceBytes: source.length,
    bytesAdded: typical.length - source.length,
    register: async () => {
      for (const { compiled } of units) await compiled.register();
    },
    render,
  };
}

function toBuffer(raw: unknown): Buffer {
  if (typeof raw === 'string') return Buffer.from(raw);
  if (raw instanceof Uint8Array) return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  throw new TelltaleError(
    'INVALID_OPTION',
    `compileMime expects the message as bytes or a string, but ${kindOf(raw)} came.`,
  );
}

/** A part, taken out of its encodings. */
interface Content extends Body {
  readonly transfer: TransferBody;
  readonly decoded: CharsetText;
  readonly notes: readonly MimeNote[];
}

function readContent(source: Buffer, body: Body): Content | { readonly note: MimeNote } {
  const { part } = body;
  const transfer = readTransferBody(source.subarray(part.bodyStart, part.bodyEnd), part.encoding);
  if (transfer === undefined) {
    const why = `it is not in an encoding that can be read (Content-Transfer-Encoding: ${part.encoding})`;
    return { note: leave(part, 'encoding-not-supported', 'warning', why) };
  }
  const charset = part.parameters.get('charset') ?? '';
  const decoded = decodeCharset(transfer.bytes, charset);
  if (decoded === undefined) return { note: charsetNote(part) };
  const sealed = inlinePgpNote(part, decoded.text);
  if (sealed !== undefined) return { note: sealed };
  const message = `it is not in the charset it claims (${charset || 'none'}); its bytes are kept as they are`;
  const notes = decoded.isAsDeclared ? [] : [noteOf(part, 'charset-not-as-declared', 'info', message)];
  return { ...body, transfer, decoded: unwrapFlowed(decoded, part), notes };
}

function charsetNote(part: MimePart): MimeNote {
  const why = `its charset (${part.parameters.get('charset') ?? 'none'}) cannot be changed byte by byte`;
  return leave(part, 'charset-not-supported', 'warning', why);
}

/** What is compiled together: an HTML part, a text part, or the first of each, whose links share their indexes. */
interface Unit {
  readonly compiled: CompiledMail;
  readonly contents: readonly Content[];
  readonly parts: UnitParts;
}

interface UnitParts {
  readonly html: MimePart | undefined;
  readonly text: MimePart | undefined;
}

function compileUnits(tracker: Tracker, contents: readonly Content[], options: CompileOptions): readonly Unit[] {
  const html = contents.filter(({ kind }) => kind === 'html');
  const texts = contents.filter(({ kind }) => kind === 'text');
  const count = Math.max(html.length, texts.length, 0);
  return Array.from({ length: count }, (_, index) => {
    const [page, text] = [html[index], texts[index]];
    const pixel = page?.hasPixel === true ? options.pixel : 'none';
    const compiled = tracker.compile(page?.decoded.text ?? '', { ...options, pixel, text: text?.decoded.text });
    const both = [page, text].filter((content) => content !== undefined);
    return { compiled, contents: both, parts: { html: page?.part, text: text?.part } };
  });
}

/** Links of a text part have no line. */
function partOf(link: MailLink, parts: UnitParts): string {
  return (link.line === 0 ? parts.text : parts.html)?.number ?? '';
}

interface TrackedBody {
  readonly content: Content;
  readonly compiled: CompiledMail;
}

/** Keeps the bodies whose bytes, written for the longest recipient there can be, read as the rendered mail. */
function prove({ compiled, contents }: Unit, recipientBytes: number) {
  const recipient = 'x'.repeat(recipientBytes);
  const { edits, ...rendered } = compiled.draft(recipient);
  const kept: TrackedBody[] = [];
  const notes: MimeNote[] = [];
  for (const content of contents) {
    const { part, kind, transfer } = content;
    const byteEdits = toByteEdits(content, edits[kind]);
    if (byteEdits.length === 0) continue;
    const written = transfer.encode(byteEdits);
    const bytes = readTransferBody(written, part.encoding)?.bytes ?? Buffer.alloc(0);
    const read = decodeCharset(bytes, part.parameters.get('charset') ?? '');
    if (read === undefined || unwrapFlowed(read, part).text !== rendered[kind]) {
      notes.push(charsetNote(part));
      continue;
    }
    kept.push({ content, compiled });
    if (transfer.keepsLines && longLines(written) > longLines(transfer.bytes)) notes.push(lineNote(part));
  }
  return { kept, notes };
}

function toByteEdits({ decoded }: Content, edits: readonly Edit[]): readonly ByteEdit[] {
  return edits.map(({ start, end, text }) => ({ ...decoded.bytesOf(start, end), text }));
}

function longLines(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at);
    const end = newline === -1 ? bytes.length : newline;
    const isCrLf = end > at && bytes[end - 1] === 13;
    if (end - at - (isCrLf ? 1 : 0) > mailLineBytesMax) count += 1;
    at = end + 1;
  }
  return count;
}

function lineNote(part: MimePart): MimeNote {
  const message = `a line could have over ${mailLineBytesMax} bytes, which servers may cut; send the part as quoted-printable`;
  return noteOf(part, 'line-too-long', 'warning', message);
}

/** Headers that sign the body (RFC 6376, RFC 8617, and RFC 4870 before them). */
function isSignature({ name }: Header): boolean {
  return name === 'dkim-signature' || name === 'domainkey-signature' || name.startsWith('arc-');
}

function signatureNotes(root: MimePart): readonly MimeNote[] {
  if (!root.headers.some(isSignature)) return [];
  const message = 'its DKIM or ARC signature will no longer hold; track first, then sign';
  return [{ ...noteOf(root, 'dkim-will-break', 'warning', message), part: '' }];
}

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
}

function bodyReplacement(content: Content, edits: MailEdits): readonly Replacement[] {
  const ownEdits = edits[content.kind];
  if (ownEdits.length === 0) return [];
  const bytes = content.transfer.encode(toByteEdits(content, ownEdits));
  return [{ start: content.part.bodyStart, end: content.part.bodyEnd, bytes }];
}

function headerReplacement(source: Buffer, at: number, headers: Readonly<Record<string, string>>): Replacement {
  const newline = source.indexOf(10);
  const eol = newline > 0 && source[newline - 1] !== 13 ? '\n' : '\r\n';
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}${eol}`);
  const before = at > 0 && source[at - 1] !== 10 && lines.length > 0 ? eol : '';
  return { start: at, end: at, bytes: Buffer.from(before + lines.join('')) };
}

function replace(source: Buffer, replacements: readonly Replacement[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, bytes } of [...replacements].sort((a, b) => a.start - b.start)) {
    pieces.push(source.subarray(at, start), bytes);
    at = end;
  }
  pieces.push(source.subarray(at));
  return Buffer.concat(pieces);
}
