// Gives links their indexes, in source order from 0. Outlook's twin of a button (VML, or a link in a conditional
// comment) takes the index of the link that other clients show; two ordinary links to one URL stay two.
import type { LinkKind } from './find-links.ts';

interface Numbered {
  readonly kind: LinkKind;
  readonly destination: string;
}

/** The index of each link; twins share one. */
export function numberLinks(links: readonly Numbered[]): readonly number[] {
  const partner = findPartners(links);
  const indexes: number[] = [];
  let next = 0;
  for (let i = 0; i < links.length; i += 1) {
    const leader = partner[i] ?? i;
    const known = indexes[leader];
    indexes[i] = known ?? next;
    if (known !== undefined) continue;
    if (leader > i) indexes[leader] = next;
    next += 1;
  }
  return indexes;
}

/** For each link the position of the one whose index it takes, itself where it has none. */
function findPartners(links: readonly Numbered[]): readonly number[] {
  const partners = links.map((_, position) => position);
  const taken = new Set<number>();
  let at = 0;
  while (at < links.length) {
    const end = endOfTwins(links, at);
    if (end === at) {
      at += 1;
      continue;
    }
    const leader = leaderOf(links, at, end, taken);
    for (let i = at; i < end; i += 1) partners[i] = leader;
    taken.add(leader);
    at = end;
  }
  return partners;
}

/** The end of a run of Outlook links with one destination and no kind twice: the parts of one button. */
function endOfTwins(links: readonly Numbered[], start: number): number {
  const kinds = new Set<LinkKind>();
  let at = start;
  while (at < links.length && belongs(links[at], links[start], kinds)) {
    kinds.add(links[at]?.kind ?? 'html');
    at += 1;
  }
  return at;
}

function belongs(link: Numbered | undefined, first: Numbered | undefined, kinds: ReadonlySet<LinkKind>): boolean {
  return link !== undefined && link.kind !== 'html' && link.destination === first?.destination && !kinds.has(link.kind);
}

/** The ordinary link after the run, else the one before it, if it has the destination and no twin; else the run's first. */
function leaderOf(links: readonly Numbered[], start: number, end: number, taken: ReadonlySet<number>): number {
  for (const candidate of [end, start - 1]) {
    const link = links[candidate];
    if (link?.kind === 'html' && link.destination === links[start]?.destination && !taken.has(candidate))
      return candidate;
  }
  return start;
}
