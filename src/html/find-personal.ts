// Finds what no copy of a mail may hold: links that unsubscribe, log someone in or reset a password, wherever their
// addresses stand in the source: in an href, as text to be copied, in markup for machines.
import { describeLink } from './describe-link.ts';
import type { FoundLinks } from './find-links.ts';
import { isPersonal, type JudgeContext } from './judge-link.ts';
import type { SourceRange } from './scan-attribute.ts';

/** An address as it may stand anywhere; JSON escapes its slashes. */
const URL_IN_SOURCE = /https?:(?:\\?\/){2}[^\s"'<>]+/gi;

const SENTENCE_END = /[.,;:!?)\]}]{1,10}$/;

/** The places, in order; none overlaps another. */
export function findPersonal(
  source: string,
  found: FoundLinks,
  context: Omit<JudgeContext, 'baseHref'>,
): readonly SourceRange[] {
  const judged = { ...context, baseHref: found.baseHref };
  const ofLinks = found.links
    .filter(({ href, element }) => isPersonal({ href, name: describeLink(element).name }, judged))
    .map(({ value }) => value);
  const ofTexts: SourceRange[] = [];
  for (const { 0: text, index: start } of source.matchAll(URL_IN_SOURCE)) {
    const href = text.replaceAll('\\/', '/').replaceAll('&amp;', '&').replace(SENTENCE_END, '');
    if (isPersonal({ href, name: '' }, judged)) ofTexts.push({ start, end: start + text.length });
  }
  return merge([...ofLinks, ...ofTexts]);
}

function merge(ranges: readonly SourceRange[]): readonly SourceRange[] {
  const merged: SourceRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || range.start >= last.end) merged.push(range);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
  }
  return merged;
}
