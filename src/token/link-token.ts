// L, the link part of a click URL, self-contained: it carries its destination, so a click redirects with no store at
// all. Layout before base32: flags (1 byte) · index (varint) · link count (varint) · MAC (12 bytes) · name of the click
// id's parameter, if it has one of its own (length, then the name) · destination without its scheme. The MAC covers the
// message id and every other byte, so an L of one message is none of another.
import { timingSafeEqual } from 'node:crypto';
import { type ClickIdName, DEFAULT_CLICK_ID } from '../base/click-id.ts';
import { linksMax, tokenCharsMax } from '../base/limits.ts';
import type { HitLink } from '../base/nouns.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import type { RingKey } from './key-ring.ts';
import type { TokenProblem } from './sealed-token.ts';

const VERSION = 1;
const HONEYPOT_FLAG = 8;
/** A click id is added to the destination. */
const CLICK_ID_FLAG = 64;
const HTTPS_FLAG = 32;
/** The click id's parameter has a name of its own. */
const NAME_FLAG = 128;
const KNOWN_FLAGS = 7 | HONEYPOT_FLAG | CLICK_ID_FLAG | HTTPS_FLAG | NAME_FLAG;
const MAC_BYTES = 12;

export type OpenedLinkToken =
  | { readonly ok: true; readonly link: HitLink; readonly clickId: ClickIdName }
  | { readonly ok: false; readonly reason: TokenProblem };

/** Seals nothing, signs everything: whoever holds the mail can read L, as they could read the plain link. */
export function signLinkToken(key: RingKey, message: string, link: HitLink, clickId?: ClickIdName): string {
  const https = link.destination.startsWith('https://');
  const named = nameBytes(clickId);
  const flags =
    VERSION |
    (link.honeypot ? HONEYPOT_FLAG : 0) |
    (clickId === undefined ? 0 : CLICK_ID_FLAG) |
    (https ? HTTPS_FLAG : 0) |
    (named.length > 0 ? NAME_FLAG : 0);
  const head = [flags, ...varint(link.index), ...varint(link.count)];
  const rest = Buffer.concat([named, Buffer.from(link.destination.slice(https ? 8 : 7))]);
  const bytes = Buffer.allocUnsafe(head.length + MAC_BYTES + rest.length);
  bytes.set(head);
  bytes.set(macOf(key, message, head, rest), head.length);
  bytes.set(rest, head.length + MAC_BYTES);
  return encodeBase32(bytes);
}

/** Opens L of a message, or says why not. `key` is the key R was sealed with. */
export function openLinkToken(key: RingKey, message: string, text: string): OpenedLinkToken {
  const bytes = text.length > tokenCharsMax ? undefined : decodeBase32(text);
  if (bytes === undefined) return { ok: false, reason: 'malformed' };
  const flags = bytes[0] ?? 0;
  const index = readVarint(bytes, 1);
  const count = index && readVarint(bytes, index.end);
  if (index === undefined || count === undefined || (flags & 7) !== VERSION || (flags & ~KNOWN_FLAGS) !== 0)
    return { ok: false, reason: 'malformed' };
  const restStart = count.end + MAC_BYTES;
  if (bytes.length <= restStart) return { ok: false, reason: 'malformed' };
  const rest = bytes.subarray(restStart);
  const expected = macOf(key, message, bytes.subarray(0, count.end), rest);
  if (!timingSafeEqual(bytes.subarray(count.end, restStart), expected)) return { ok: false, reason: 'forged' };
  const { clickId, end } = readClickId(rest, 0, (flags & CLICK_ID_FLAG) !== 0, (flags & NAME_FLAG) !== 0);
  return {
    ok: true,
    clickId,
    link: {
      index: index.value,
      count: count.value,
      destination: (flags & HTTPS_FLAG ? 'https://' : 'http://') + rest.toString('utf8', end),
      honeypot: (flags & HONEYPOT_FLAG) !== 0,
    },
  };
}

function macOf(key: RingKey, message: string, head: ArrayLike<number>, rest: Uint8Array): Buffer {
  const idBytes = Buffer.byteLength(message);
  const data = Buffer.allocUnsafe(2 + idBytes + head.length + rest.length);
  data[0] = idBytes;
  data.write(message, 1);
  data[1 + idBytes] = head.length;
  data.set(head, 2 + idBytes);
  data.set(rest, 2 + idBytes + head.length);
  return key.linkMac(data).subarray(0, MAC_BYTES);
}

/** The parameter's name with its length before it; nothing where it has the usual one. */
export function nameBytes(clickId: ClickIdName): Buffer {
  if (clickId === undefined || clickId === DEFAULT_CLICK_ID) return Buffer.alloc(0);
  return Buffer.concat([Buffer.of(clickId.length), Buffer.from(clickId)]);
}

/** Reads what {@link nameBytes} wrote at a place, by two flags. */
export function readClickId(
  bytes: Buffer,
  at: number,
  isWanted: boolean,
  isNamed: boolean,
): { readonly clickId: ClickIdName; readonly end: number } {
  if (!isNamed) return { clickId: isWanted ? DEFAULT_CLICK_ID : undefined, end: at };
  const end = at + 1 + (bytes[at] ?? 0);
  return { clickId: bytes.toString('latin1', at + 1, end), end };
}

/** A whole number in groups of 7 bits, the lowest first. */
export function varint(value: number): number[] {
  return value < 128 ? [value] : [128 | (value & 127), ...varint(value >> 7)];
}

/** Reads what {@link varint} wrote, of at most three bytes and no more than a mail has links. */
export function readVarint(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 3; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 128 ** i;
    if (byte < 128) return value <= linksMax ? { value, end: start + i + 1 } : undefined;
  }
  return undefined;
}
