// Compiles the text part: its http(s) URLs become tracked URLs, every other character stays.
import { linksMax } from '../base/limits.ts';
import { findTextLinks } from '../html/find-text-links.ts';
import { type JudgeContext, judgeLink } from '../html/judge-link.ts';
import { findMergeTags, type MergeSyntax, overlapsTag } from '../html/merge-tags.ts';
import type { Fit } from './fit-link.ts';
import { linkSplice, type Splice } from './template.ts';

export interface TextLink {
  readonly index: number;
  readonly destination: string;
}

/** What stands in the text part. */
export interface CompiledText {
  /** Links that the HTML does not have. */
  readonly links: readonly TextLink[];
  readonly splices: readonly Splice[];
}

/** Links of the text part take the index of the HTML link with their destination, else the next one. */
export function compileText(
  input: Omit<JudgeContext, 'baseHref'> & { readonly text: string; readonly merge: MergeSyntax | undefined },
  htmlLinks: readonly TextLink[],
  fit: Fit,
): CompiledText {
  const { text, merge } = input;
  const tags = merge === undefined ? [] : findMergeTags(text, merge);
  const known = new Map<string, number>();
  for (const link of htmlLinks) if (!known.has(link.destination)) known.set(link.destination, link.index);
  const firstFree = htmlLinks.reduce((most, link) => Math.max(most, link.index), -1) + 1;
  const links: TextLink[] = [];
  const splices: Splice[] = [];
  for (const range of findTextLinks(text)) {
    // One character more: a tag right behind a URL is part of it once it is expanded.
    if (
      overlapsTag({ start: range.start, end: range.end + 1 }, tags) ||
      TAG_OPENINGS.has(text.slice(range.end, range.end + 2))
    ) {
      continue;
    }
    const href = text.slice(range.start, range.end);
    const line = lineAround(text, range.start, range.end);
    const judgement = judgeLink({ href, name: line }, { ...input, baseHref: undefined });
    if (!judgement.track) continue;
    const index = known.get(judgement.destination) ?? firstFree + links.length;
    if (index >= linksMax) continue;
    const link = { index, destination: judgement.destination, count: Math.max(firstFree, index + 1) };
    const token = fit(link);
    if (token === undefined) continue;
    if (!known.has(link.destination)) links.push(link);
    known.set(link.destination, index);
    splices.push(linkSplice(range, token, input.baseUrl));
  }
  return { links, splices };
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
