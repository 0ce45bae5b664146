// Where the pixel can stand so that clients load it and nothing else of the mail changes. Gmail cuts the end of long
// mail, so the top is the default. A place the parser did not vouch for is proved by parsing the mail once more.
import { childNamed, type MailNode, parseMail, walk } from './parse-mail.ts';

export type PixelPlacement = 'top' | 'bottom' | 'both' | 'placeholder' | 'none';

/** The comment after which the pixel stands with the placement `placeholder`. */
export const PIXEL_PLACEHOLDER = 'telltale:pixel';

/** Offsets at which to insert the pixel, ascending; empty when the mail has no place for it. */
export function findPixelPlaces(source: string, document: MailNode, placement: PixelPlacement): readonly number[] {
  switch (placement) {
    case 'none':
      return [];
    case 'placeholder':
      return present([findPlaceholder(document)]);
    case 'top':
      return present([findTop(source, document)]);
    case 'bottom':
      return present([findBottom(source, document)]);
    case 'both':
      return present([findTop(source, document), findBottom(source, document)]);
  }
}

function findTop(source: string, document: MailNode): number | undefined {
  const body = childNamed(childNamed(document, 'html'), 'body');
  if (body === undefined) return undefined;
  const startTag = body.sourceCodeLocation?.startTag;
  if (startTag !== undefined) return startTag.endOffset;
  const starts = (body.children ?? []).flatMap((node) => node.sourceCodeLocation?.startOffset ?? []);
  const first = starts.reduce((least, start) => Math.min(least, start), Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? first : provenEnd(source);
}

function findBottom(source: string, document: MailNode): number | undefined {
  const body = childNamed(childNamed(document, 'html'), 'body');
  if (body === undefined) return undefined;
  return body.sourceCodeLocation?.endTag?.startOffset ?? provenEnd(source);
}

function findPlaceholder(document: MailNode): number | undefined {
  for (const node of walk(document)) {
    if (node.type === 'comment' && node.data?.trim() === PIXEL_PLACEHOLDER) return node.sourceCodeLocation?.endOffset;
  }
  return undefined;
}

/** The end of the source, unless an image there would be swallowed by an unclosed comment, title, style or frameset. */
function provenEnd(source: string): number | undefined {
  const probe = '<img data-telltale-probe>';
  for (const node of walk(parseMail(source + probe))) {
    if (node.name === 'img' && node.sourceCodeLocation?.startOffset === source.length) return source.length;
  }
  return undefined;
}

function present(places: readonly (number | undefined)[]): readonly number[] {
  return places.filter((place) => place !== undefined);
}
