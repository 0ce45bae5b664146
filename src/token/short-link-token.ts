// L, short: 8 characters of base32, 40 bits, that name a link of a registered set. The first 25 bits are of SHA-256 over
// the set's destinations in order, so that two differing compiles of one message never mix; the last 15 are the link's
// index. It is not signed: whoever changes it gets another link of the same message, or none.
import { createHash } from 'node:crypto';
import type { ShortDestination } from '../base/control-change.ts';
import { shortLinksMax } from '../base/limits.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';

const SET_CHARS = 5;
const INDEX_CHARS = 3;

/** The name of a set of links, whatever order they come in: 5 characters. */
export function shortSetOf(links: readonly ShortDestination[]): string {
  const sum = createHash('sha256');
  for (const { index, destination, clickId } of [...links].sort((a, b) => a.index - b.index)) {
    // No destination has a blank in it.
    sum.update(`${index} ${destination}${clickId === undefined ? '' : ` ${clickId}`}\n`);
  }
  return encodeBase32(sum.digest()).slice(0, SET_CHARS);
}

/**
 * Writes L.
 *
 * @throws RangeError for an index of 15 bits or more.
 */
export function shortLinkToken(set: string, index: number): string {
  if (index >= shortLinksMax) throw new RangeError(`a short link has no room for index ${index}`);
  return set + encodeBase32(Uint8Array.of(index >> 7, (index << 1) & 255)).slice(0, INDEX_CHARS);
}

/** Reads L; nothing when it is not of the short form. */
export function readShortLinkToken(text: string): { readonly set: string; readonly index: number } | undefined {
  const bytes = text.length === SET_CHARS + INDEX_CHARS ? decodeBase32(text) : undefined;
  if (bytes === undefined) return undefined;
  return { set: text.slice(0, SET_CHARS).toLowerCase(), index: bytes.readUInt16BE(3) & (shortLinksMax - 1) };
}
