// Compiles the text part: its http(s) URLs become tracked URLs, every other character stays.
import type { ClickIdName } from '../base/click-id.ts';
import { destinationCharsMax, linksMax } from '../base/limits.ts';
import { findTextLinks, trimTail } from '../html/find-text-links.ts';
import { type JudgeContext, judgeLink, judgeMergedLink } from '../html/judge-link.ts';
import { findMergeTags, findVerbatim, type MergeSyntax, overlapsTag } from '../html/merge-tags.ts';
import type { SourceRange } from '../html/scan-attribute.ts';
import { type Adornment, adornLink } from './adorn-link.ts';
import type { Fit } from './fit-link.ts';
import { linkSplice, type MergedPlace, type Splice } from './template.ts';

export interface TextLink {
  readonly index: number;
  readonly destination: string;
  /** The destination as the mail has it. */
  readonly source: string;
  readonly clickId: ClickIdName;
  readonly merged?: true;
}

/** What stands in the text part. */
export interface CompiledText {
  /** Links that the HTML does not have. */
  readonly links: readonly TextLink[];
  readonly splices: readonly Splice[];
  /** Where links stand whose destination is merged for each recipient. */
  readonly merged: readonly MergedPlace[];
}

/** Links of the text part take the index of the HTML link with their destination, else the next one. */
export function compileText(
  input: Omit<JudgeContext, 'baseHref'> & {
    readonly baseUrl: string;
    readonly text: string;
    readonly merge: MergeSyntax | undefined;
    readonly adornment: Adornment;
  },
  htmlLinks: readonly TextLink[],
  fit: Fit,
): CompiledText {
  const { text, merge } = input;
  const tags = merge === undefined ? [] : findMergeTags(text, merge);
  const known = new Map<string, TextLink>();
  for (const link of htmlLinks) if (!known.has(link.source)) known.set(link.source, link);
  const firstFree = htmlLinks.reduce((most, link) => Math.max(most, link.index), -1) + 1;
  const links: TextLink[] = [];
  const splices: Splice[] = [];
  const merged: MergedPlace[] = [];
  const verbatim = merge === 'liquid' ? findVerbatim(text, tags) : [];
  let at = 0;
  for (const found of findTextLinks(text)) {
    // One character more: a tag right behind a URL is part of it once it is expanded.
    const isMerged =
      overlapsTag({ start: found.start, end: found.end + 1 }, tags) ||
      TAG_OPENINGS.has(text.slice(found.end, found.end + 2));
    if (found.start < at || (isMerged && (merge !== 'liquid' || overlapsTag(found, verbatim)))) continue;
    const range = isMerged ? extendOverTags(text, found, tags) : found;
    if (range === undefined) continue;
    at = range.end;
    const href = text.slice(range.start, range.end);
    const line = lineAround(text, range.start, range.end);
    const judge = isMerged ? judgeMergedLink : judgeLink;
    const judgement = judge({ href, name: line }, { ...input, baseHref: undefined });
    if (!judgement.track) continue;
    const source = judgement.destination;
    const first = known.get(source);
    const index = first?.index ?? firstFree + links.length;
    if (index >= linksMax) continue;
    const link: TextLink = first ?? {
      ...adorn(source, index, isMerged, input.adornment),
      ...(isMerged && { merged: true }),
    };
    const token = isMerged ? '' : fit({ ...link, count: Math.max(firstFree, index + 1) });
    if (token === undefined) continue;
    if (first === undefined) links.push(link);
    known.set(source, link);
    if (isMerged) merged.push({ ...range, index });
    else splices.push(linkSplice(range, token, input.baseUrl));
  }
  return { links, splices, merged };
}

/** A URL of the text alone: it has no name, and what it carries is what the mail asks for. */
function adorn(source: string, index: number, isMerged: boolean, adornment: Adornment): TextLink {
  const of = isMerged ? { ...adornment, utm: undefined } : adornment;
  const { destination, clickId } = adornLink({ destination: source, name: '', index }, of);
  return { index, destination, source, clickId };
}

/** A URL with tags in it, to its end: blanks inside a tag do not end it. Nothing when a tag has begun before it. */
function extendOverTags(text: string, from: SourceRange, tags: readonly SourceRange[]): SourceRange | undefined {
  let at = from.start;
  for (const tag of tags) {
    if (tag.end <= from.start) continue;
    if (tag.start < from.start) return undefined;
    // Between two tags stands what may stand in a URL.
    if (/[\s<>"]/.test(text.slice(at, tag.start))) break;
    at = tag.end;
  }
  const tail = /^[^\s<>"]*/.exec(text.slice(at, at + destinationCharsMax))?.[0] ?? '';
  return { start: from.start, end: at + trimTail(tail).length };
}

/** How tags of common engines begin, for mail that does not say that it will be merged. */
const TAG_OPENINGS = new Set(['{{', '{%', '<%', '*|', '[[']);

/** Characters looked at on each side of a URL. */
const LINE_CHARS = 200;

/** What stands on the same line before and after a URL: in plain text that is all the name a link has. */
function lineAround(text: string, start: number, end: number): string {
  // Cut first: looking for the ends of one endless line from each of its URLs would take quadratic time.
  const before = text.slice(Math.max(0, start - LINE_CHARS), start);
  const after = text.slice(end, end + LINE_CHARS);
  return `${before.slice(before.lastIndexOf('\n') + 1)} ${after.split('\n', 1)[0] ?? ''}`;
}
