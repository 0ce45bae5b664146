// Finds every link of a mail with the place of its href value: a, area and VML elements, in svg, noscript and
// template, and inside Outlook's conditional comments, however deep. In source order, each place once.
import { conditionDepthMax } from '../base/limits.ts';
import { isTrackingAttribute } from './judge-link.ts';
import { following, type MailNode } from './mail-node.ts';
import type { ParsedMail } from './parse-mail.ts';
import { type SourceRange, scanAttribute, scanAttributeValue } from './scan-attribute.ts';

/** `html` is what every client shows; the others are seen by Outlook on Windows alone. */
export type LinkKind = 'html' | 'outlook' | 'vml';

export interface FoundLink {
  readonly kind: LinkKind;
  /** The value in the source, without quotes. */
  readonly value: SourceRange;
  /** The value with character references decoded, as the parser gives it. */
  readonly href: string;
  readonly element: MailNode;
  /** The attributes that speak of tracking, whole, with the blanks before them. */
  readonly trackingAttributes: readonly SourceRange[];
  /** Offset of the element's `<`, for messages. */
  readonly start: number;
}

/** An href or action that is never a tracked link, for the notes. */
export interface OtherAddress {
  readonly element: 'link' | 'base' | 'form';
  readonly start: number;
}

export interface FoundLinks {
  readonly links: readonly FoundLink[];
  readonly others: readonly OtherAddress[];
  /** The href of the first base element, if there is one. */
  readonly baseHref: string | undefined;
}

/** Finds the links of a mail. */
export function findLinks(mail: ParsedMail): FoundLinks {
  const byStart = new Map<number, FoundLink>();
  const others: OtherAddress[] = [];
  let baseHref: string | undefined;

  function visit(root: MailNode, text: string, offset: number, depth: number): void {
    for (let node: MailNode | undefined = root; node !== undefined; node = following(node, root)) {
      if (node.type === 'comment') visitComment(node, text, offset, depth);
      else if (node.name !== undefined) visitElement(node, text, offset, depth);
    }
  }

  function visitElement(node: MailNode, text: string, offset: number, depth: number): void {
    const start = node.sourceCodeLocation?.startOffset;
    if (start === undefined) return;
    const name = node.name ?? '';
    if (name === 'base' && depth === 0) baseHref ??= node.attribs?.href;
    if (name === 'base' || name === 'link' || (name === 'form' && node.attribs?.action !== undefined)) {
      others.push({ element: name as OtherAddress['element'], start: start + offset });
      return;
    }
    const isVml = name.startsWith('v:');
    if (name !== 'a' && name !== 'area' && !isVml) return;
    const link = readLink(node, text, offset, isVml ? 'vml' : depth > 0 ? 'outlook' : 'html');
    if (link !== undefined && !byStart.has(link.value.start)) byStart.set(link.value.start, link);
  }

  function visitComment(node: MailNode, text: string, offset: number, depth: number): void {
    const location = node.sourceCodeLocation;
    if (!location || depth >= conditionDepthMax || !isConditional(node.data ?? '')) return;
    const inside = text.slice(location.startOffset + COMMENT_OPEN.length, location.endOffset);
    if (/href/i.test(inside))
      visit(mail.parseFragment(inside), inside, offset + location.startOffset + COMMENT_OPEN.length, depth + 1);
  }

  visit(mail.document, mail.source, 0, 0);
  return { links: [...byStart.values()].sort((a, b) => a.value.start - b.value.start), others, baseHref };
}

const COMMENT_OPEN = '<!--';

/** `<!--[if mso]>` and its like: Outlook reads what follows, everyone else a comment. */
function isConditional(comment: string): boolean {
  return /^\[if\s[^\]]{1,200}\]>/i.test(comment);
}

/** The parser files `xlink:href` under `href`, but its place under the name as written. */
function readLink(node: MailNode, text: string, offset: number, kind: LinkKind): FoundLink | undefined {
  const href = node.attribs?.href;
  const { href: plain, 'xlink:href': linked } = node.sourceCodeLocation?.attrs ?? {};
  // In SVG the parser shows but one of the two, and clients differ in which they follow.
  const isDoubtful = linked !== undefined && plain !== undefined && node.attribs?.['xlink:href'] === undefined;
  const place = plain ?? linked;
  if (href === undefined || place === undefined || isDoubtful) return undefined;
  const value = scanAttributeValue(text, place.startOffset);
  if (value === undefined) return undefined;
  return {
    kind,
    value: { start: value.start + offset, end: value.end + offset },
    href,
    element: node,
    trackingAttributes: trackingAttributesOf(node, text, offset),
    start: (node.sourceCodeLocation?.startOffset ?? 0) + offset,
  };
}

function trackingAttributesOf(node: MailNode, text: string, offset: number): readonly SourceRange[] {
  const attrs = node.sourceCodeLocation?.attrs ?? {};
  return Object.keys(attrs)
    .filter(isTrackingAttribute)
    .map((name) => scanAttribute(text, attrs[name]?.startOffset ?? 0))
    .map(({ start, end }) => ({ start: start + offset, end: end + offset }))
    .sort((a, b) => a.start - b.start);
}
