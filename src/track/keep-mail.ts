// What is kept of a compiled mail: its source without what is one reader's own, and where its links stand in that.
import { type KeptLink, type KeptMail, REACHING_TAGS, type ReachingTag } from '../base/kept-mail.ts';
import type { FoundLink, FoundLinks } from '../html/find-links.ts';
import { findPersonal } from '../html/find-personal.ts';
import { findPixelPlaces } from '../html/find-pixel-places.ts';
import type { JudgeContext } from '../html/judge-link.ts';
import { walk } from '../html/mail-node.ts';
import type { ParsedMail } from '../html/parse-mail.ts';
import type { SourceRange } from '../html/scan-attribute.ts';

/** What compiling has found. */
export interface MailToKeep {
  readonly mail: ParsedMail;
  readonly found: FoundLinks;
  /** The tracked links of the HTML, each time one stands there. */
  readonly tracked: readonly { readonly index: number; readonly found: FoundLink }[];
  /** One for each index, those of the text part too. */
  readonly links: readonly Omit<KeptLink, 'shown'>[];
  readonly context: Omit<JudgeContext, 'baseHref'>;
}

/** Makes the copy. */
export function keepMail({ mail, found, tracked, links, context }: MailToKeep): KeptMail {
  const { html, moved } = blank(mail.source, findPersonal(mail.source, found, context));
  const [bodyAt] = findPixelPlaces(mail, 'top');
  const shown = tracked.filter((link) => shownAs(link.found) === 'html');
  const seenAs = whoSees(tracked);
  return {
    html,
    bodyAt: bodyAt === undefined ? null : moved(bodyAt),
    marks: shown.map(({ index, found: { element, start } }) => ({ index, at: moved(behindName(start, element.name)) })),
    reaching: reachingTags(mail).map(({ tag, at }) => ({ tag, at: moved(at) })),
    links: links.map(({ index, destination, name }) => ({
      index,
      destination,
      name,
      shown: seenAs.get(index) ?? 'text',
    })),
  };
}

/** Where tags stand by which a browser would connect to other hosts. */
export function reachingTags({ document }: ParsedMail): readonly ReachingTag[] {
  const tags: ReachingTag[] = [];
  for (const { name, sourceCodeLocation } of walk(document)) {
    const tag = REACHING_TAGS.find((one) => one === name);
    if (sourceCodeLocation && tag !== undefined)
      tags.push({ tag, at: behindName(sourceCodeLocation.startOffset, tag) });
  }
  return tags;
}

/** The offset behind a tag's name. */
export function behindName(start: number, name = ''): number {
  return start + 1 + name.length;
}

/** Who sees a link. */
export function shownAs({ kind, element }: FoundLink): KeptLink['shown'] {
  if (kind !== 'html') return 'outlook';
  return element.name === 'area' ? 'area' : 'html';
}

/** Who sees the link of each index: whoever is most, where it stands more than once. */
function whoSees(tracked: MailToKeep['tracked']): ReadonlyMap<number, KeptLink['shown']> {
  const ways = ['outlook', 'area', 'html'] as const;
  const seenAs = new Map<number, KeptLink['shown']>();
  for (const way of ways) {
    for (const { index, found } of tracked) if (shownAs(found) === way) seenAs.set(index, way);
  }
  return seenAs;
}

/** Replaces ranges by `#`; `moved` says where an offset outside of them is then. */
function blank(source: string, ranges: readonly SourceRange[]) {
  let html = '';
  let at = 0;
  const shifts: { readonly from: number; readonly by: number }[] = [];
  for (const { start, end } of ranges) {
    html += `${source.slice(at, start)}#`;
    at = end;
    shifts.push({ from: end, by: html.length - end });
  }
  return {
    html: html + source.slice(at),
    moved(offset: number): number {
      let before = 0;
      for (let after = shifts.length; before < after; ) {
        const middle = (before + after) >>> 1;
        if ((shifts[middle]?.from ?? 0) <= offset) before = middle + 1;
        else after = middle;
      }
      return offset + (shifts[before - 1]?.by ?? 0);
    },
  };
}
