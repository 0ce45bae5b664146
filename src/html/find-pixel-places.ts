// Where the pixel can stand so that clients load it and nothing else of the mail changes. Gmail cuts the end of long
// mail, so the top is the default. A place the parser did not vouch for is proved by parsing the mail once more.
import { childNamed, type MailNode, walk } from './mail-node.ts';
import type { ParsedMail } from './parse-mail.ts';

export type PixelPlacement = 'top' | 'bottom' | 'both' | 'placeholder' | 'none';

/** The comment after which the pixel stands with the placement `placeholder`. */
const PIXEL_PLACEHOLDER = 'telltale:pixel';

/** Offsets at which to insert the pixel, ascending; empty when the mail has no place for it. */
export function findPixelPlaces(mail: ParsedMail, placement: PixelPlacement): readonly number[] {
  switch (placement) {
    case 'none':
      return [];
    case 'placeholder':
      return present([findPlaceholder(mail.document)]);
    case 'top':
      return present([findTop(mail)]);
    case 'bottom':
      return present([findBottom(mail)]);
    case 'both':
      return present([findTop(mail), findBottom(mail)]);
  }
}

function findTop(mail: ParsedMail): number | undefined {
  const body = childNamed(childNamed(mail.document, 'html'), 'body');
  if (body === undefined) return undefined;
  const startTag = body.sourceCodeLocation;
  if (startTag) return startTag.endOffset;
  const starts = (body.children ?? []).flatMap((node) => startOf(node, mail.source) ?? []);
  const first = starts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? first : provenEnd(mail);
}

/**
 * Where a node begins. For a text after blanks that belong to no element the parser gives the end of its first
 * character, which may be one of several (`&nbsp;`, a surrogate pair) that a pixel must not tear apart.
 */
function startOf(node: MailNode, source: string): number | undefined {
  const given = node.sourceCodeLocation?.startOffset;
  if (given === undefined || node.type !== 'text') return given;
  let start = given;
  while (start > 0 && !/[\t\n\f\r >\0\ufeff]/.test(source.charAt(start - 1))) start -= 1;
  return start;
}

function findBottom(mail: ParsedMail): number | undefined {
  const body = childNamed(childNamed(mail.document, 'html'), 'body');
  if (body === undefined) return undefined;
  return body.sourceCodeLocation?.endTag?.startOffset ?? provenEnd(mail);
}

function findPlaceholder(document: MailNode): number | undefined {
  for (const node of walk(document)) {
    if (node.type === 'comment' && node.data?.trim() === PIXEL_PLACEHOLDER) return node.sourceCodeLocation?.endOffset;
  }
  return undefined;
}

/** The end of the source, unless an image there would be swallowed by an unclosed comment, title, style or frameset. */
function provenEnd({ source, parseAgain }: ParsedMail): number | undefined {
  const probe = '<img data-telltale-probe>';
  for (const node of walk(parseAgain(source + probe))) {
    if (node.name === 'img' && node.sourceCodeLocation?.startOffset === source.length) return source.length;
  }
  return undefined;
}

function present(places: readonly (number | undefined)[]): readonly number[] {
  return places.filter((place) => place !== undefined);
}
