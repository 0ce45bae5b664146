// A mail as one reader gets it, tracked links and all, with the places where they stand: for a look at it before it is sent.
import type { KeptLink, KeptMail } from '../base/kept-mail.ts';
import { type FoundLink, findLinks } from '../html/find-links.ts';
import { findPixelPlaces } from '../html/find-pixel-places.ts';
import { parseMail } from '../html/parse-mail.ts';
import { openHitToken } from '../token/hit-token.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { openLink } from '../token/open-link.ts';
import { readShortLinkToken } from '../token/short-link-token.ts';
import { behindName, reachingTags, shownAs } from './keep-mail.ts';

/** Reads a rendered mail; `destinations` say where its short links lead, by index. */
export function readFinishedMail(
  html: string,
  keys: KeyRing,
  destinations: ReadonlyMap<number, string> = new Map(),
): KeptMail {
  const mail = parseMail(html);
  const links = findLinks(mail).links.flatMap((found) => {
    const link = trackedLink(found.href, keys, destinations);
    return link === undefined ? [] : [{ ...link, found }];
  });
  const [bodyAt] = findPixelPlaces(mail, 'top');
  return {
    html,
    bodyAt: bodyAt ?? null,
    marks: links.filter(isSeen).map(({ index, found }) => ({ index, at: behindName(found.start, found.element.name) })),
    reaching: reachingTags(mail),
    links: [...new Map(links.map((link) => [link.index, toKept(link)])).values()].sort((a, b) => a.index - b.index),
  };
}

interface Tracked {
  readonly index: number;
  readonly destination: string;
  readonly found: FoundLink;
}

function isSeen({ found }: Tracked): boolean {
  return shownAs(found) === 'html';
}

function toKept({ index, destination, found }: Tracked): KeptLink {
  return { index, destination, name: '', shown: shownAs(found) };
}

function trackedLink(
  href: string,
  keys: KeyRing,
  destinations: ReadonlyMap<number, string>,
): Omit<Tracked, 'found'> | undefined {
  const [, r, l] = /\/c\/([a-z2-7]+)\/([a-z2-7]+)$/i.exec(href.trim()) ?? [];
  if (r === undefined || l === undefined) return undefined;
  const opened = openHitToken(keys, r);
  if (!opened.ok) return undefined;
  const short = readShortLinkToken(l);
  if (short !== undefined) return { index: short.index, destination: destinations.get(short.index) ?? '' };
  const link = openLink(opened.key, opened.token, l);
  return link.ok ? { index: link.link.index, destination: link.link.destination } : undefined;
}
