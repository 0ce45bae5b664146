// Where an engine's tags stand in a mail that is still to be merged. What overlaps one is never touched: the engine
// must find its tags as they were written, and where a link leads is not known before it has run.
import type { SourceRange } from './scan-attribute.ts';

/** Engines whose delimiters are known, or delimiters of one's own. */
export type MergeSyntax = MergeEngine | { readonly open: string; readonly close: string };

export type MergeEngine = 'liquid' | 'handlebars' | 'mailchimp';

/** Longer delimiters first: what begins with `{{{` does not end at `}}`. */
const DELIMITERS: Readonly<Record<MergeEngine, readonly (readonly [string, string])[]>> = {
  liquid: [
    ['{{', '}}'],
    ['{%', '%}'],
  ],
  handlebars: [
    ['{{!--', '--}}'],
    ['{{{', '}}}'],
    ['{{', '}}'],
  ],
  mailchimp: [['*|', '|*']],
};

/** The names of the engines that are known. */
export const MERGE_ENGINES: readonly MergeEngine[] = ['liquid', 'handlebars', 'mailchimp'];

/** The places of tags, ascending and apart; a tag that is never closed is none. */
export function findMergeTags(source: string, syntax: MergeSyntax): readonly SourceRange[] {
  const pairs = typeof syntax === 'string' ? DELIMITERS[syntax] : [[syntax.open, syntax.close] as const];
  const places = pairs.map(([open, close]) => ({ open, close, next: source.indexOf(open) }));
  const tags: SourceRange[] = [];
  let at = 0;
  for (;;) {
    const start = nextStart(source, places, at);
    if (start === undefined) return tags;
    const end = source.indexOf(start.close, start.next + start.open.length);
    if (end < 0) {
      // No tag of this kind can be closed any more.
      places.splice(places.indexOf(start), 1);
      continue;
    }
    at = end + start.close.length;
    tags.push({ start: start.next, end: at });
  }
}

/** Whether a range and any of the ascending tags have a character, or an edge inside, in common. */
export function overlapsTag(range: SourceRange, tags: readonly SourceRange[]): boolean {
  let low = 0;
  let high = tags.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tags[middle]?.end ?? 0) <= range.start) low = middle + 1;
    else high = middle;
  }
  const tag = tags[low];
  return tag !== undefined && (tag.start < range.end || (tag.start < range.start && range.start < tag.end));
}

/** Where Liquid runs no tags: between `{% raw %}` or `{% comment %}` and its end. */
export function findVerbatim(source: string, tags: readonly SourceRange[]): readonly SourceRange[] {
  const ranges: SourceRange[] = [];
  let from: { readonly start: number; readonly ends: string } | undefined;
  for (const { start, end } of tags) {
    const name = /^\{%-?\s*(\w+)/.exec(source.slice(start, Math.min(end, start + TAG_NAME_CHARS)))?.[1] ?? '';
    if (from === undefined && (name === 'raw' || name === 'comment')) from = { start, ends: `end${name}` };
    if (from === undefined || name !== from.ends) continue;
    ranges.push({ start: from.start, end });
    from = undefined;
  }
  return from === undefined ? ranges : [...ranges, { start: from.start, end: source.length }];
}

/** Characters in which a tag's name stands. */
const TAG_NAME_CHARS = 40;

/** Whether a range holds whole tags, and none that reaches out of it. */
export function holdsTags(range: SourceRange, tags: readonly SourceRange[]): boolean {
  const inside = tags.filter((tag) => tag.start < range.end && tag.end > range.start);
  return inside.length > 0 && inside.every((tag) => tag.start >= range.start && tag.end <= range.end);
}

interface Delimiter {
  readonly open: string;
  readonly close: string;
  /** Where it stands next, at or after the place looked from; -1 when nowhere. */
  next: number;
}

function nextStart(source: string, places: readonly Delimiter[], from: number): Delimiter | undefined {
  let first: Delimiter | undefined;
  for (const place of places) {
    if (place.next >= 0 && place.next < from) place.next = source.indexOf(place.open, from);
    if (place.next < 0) continue;
    if (first === undefined || place.next < first.next) first = place;
  }
  return first;
}
