// A template: the parts of a compiled mail between the places where R goes. Joining is all the work a recipient costs.
import type { SourceRange } from '../html/scan-attribute.ts';

export interface Template {
  /** The text with `token` in every place. */
  join(token: string): string;
  /** Bytes of UTF-8 the text has with a token of that many characters. */
  byteLength(tokenChars: number): number;
  /** Writes the text as UTF-8 at `offset` and returns the number of bytes; `target` must have room. */
  write(token: string, target: Buffer, offset: number): number;
  /** What joining changes in the source, in order, for those who cannot take the text whole. */
  edits(token: string): readonly Edit[];
}

/** What stands in the source from `start` to `end` (in UTF-16 units) becomes `text`, which is ASCII. */
export interface Edit extends SourceRange {
  readonly text: string;
}

/** Replaces `source` from `start` to `end` by `before`, the token, `after`. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly before: string;
  readonly after: string;
}

/** Where the address of a link stands that is merged for each recipient. */
export interface MergedPlaces {
  readonly html: readonly MergedPlace[];
  readonly text: readonly MergedPlace[];
}

export interface MergedPlace extends SourceRange {
  /** The link's index. */
  readonly index: number;
}

/** Makes a template: `splices` put something in around the token, `fixed` something else, or nothing. None overlaps another. */
export function makeTemplate(source: string, splices: readonly Splice[], fixed: readonly Edit[] = []): Template {
  const segments: string[] = [];
  let text = '';
  let at = 0;
  const edits = [
    ...splices.map((splice) => ({ ...splice, splice })),
    ...fixed.map((edit) => ({ ...edit, splice: undefined })),
  ];
  for (const edit of edits.sort((a, b) => a.start - b.start)) {
    text += source.slice(at, edit.start);
    at = edit.end;
    if (edit.splice === undefined) {
      text += edit.text;
      continue;
    }
    segments.push(text + edit.splice.before);
    text = edit.splice.after;
  }
  segments.push(text + source.slice(at));
  const segmentBytes = segments.map((segment) => Buffer.byteLength(segment));
  const fixedBytes = segmentBytes.reduce((sum, bytes) => sum + bytes, 0);
  const images = new Map<number, Image>();

  function byteLength(tokenChars: number): number {
    return fixedBytes + tokenChars * splices.length;
  }

  function imageFor(tokenChars: number): Image {
    const known = images.get(tokenChars);
    if (known !== undefined) return known;
    const gap = ' '.repeat(tokenChars);
    let offset = 0;
    const offsets = segmentBytes.slice(0, -1).map((bytes) => {
      const place = offset + bytes;
      offset = place + tokenChars;
      return place;
    });
    const image = { bytes: Buffer.from(segments.join(gap)), offsets };
    images.set(tokenChars, image);
    return image;
  }

  /** The mail as bytes with `token` in all gaps; good until the next call with a token of that length. */
  function fill(token: string): Buffer {
    const { bytes, offsets } = imageFor(token.length);
    const first = offsets[0];
    if (first === undefined) return bytes;
    bytes.write(token, first, 'latin1');
    for (const place of offsets) bytes.copyWithin(place, first, first + token.length);
    return bytes;
  }

  const isAscii = fixedBytes === segments.reduce((sum, segment) => sum + segment.length, 0);
  return {
    // Where a byte is a character, reading them back is three times faster than joining strings.
    join: (token) => (isAscii && ASCII.test(token) ? fill(token).toString('latin1') : segments.join(token)),
    byteLength,
    write: (token, target, offset) => fill(token).copy(target, offset),
    edits: (token) =>
      edits.map((edit) => ({
        start: edit.start,
        end: edit.end,
        text: edit.splice === undefined ? edit.text : edit.splice.before + token + edit.splice.after,
      })),
  };
}

const ASCII = /^[\x20-\x7e]*$/;

/** The mail as bytes with gaps for tokens of one length. */
interface Image {
  readonly bytes: Buffer;
  readonly offsets: readonly number[];
}

/** Replaces a link's address by its tracked URL. */
export function linkSplice(range: SourceRange, token: string, baseUrl: string): Splice {
  return { ...range, before: `${baseUrl}/c/`, after: `/${token}` };
}
