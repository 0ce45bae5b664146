// L of a destination that was merged for one recipient: it may hold what is that person's own, so it is sealed, and it
// opens only beside an R of the same message and recipient. Layout before base32: version (1 byte) · tag (12 bytes) ·
// ciphertext of: index (varint) · link count (varint) · flags (1 byte) · name of the click id's parameter, if it has one of
// its own · destination without its scheme. The tag, over
// whom R names and the plaintext, is the synthetic IV as in sealed-token.ts.
import { timingSafeEqual } from 'node:crypto';
import type { ClickIdName } from '../base/click-id.ts';
import { tokenCharsMax } from '../base/limits.ts';
import type { Addressee, HitLink } from '../base/nouns.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import type { RingKey } from './key-ring.ts';
import { nameBytes, type OpenedLinkToken, readClickId, readVarint, varint } from './link-token.ts';
import { applyKeyStream } from './sealed-token.ts';

/** The first byte; in the low three bits of a readable L stands another version. */
const VERSION = 2;
const TAG_BYTES = 12;
const HEAD_BYTES = 1 + TAG_BYTES;
const HTTPS_FLAG = 1;
/** A click id is added to the destination. */
const CLICK_ID_FLAG = 2;
/** The click id's parameter has a name of its own. */
const NAME_FLAG = 4;

/** Seals L for the addressee of an R. */
export function sealMergedLink(
  key: RingKey,
  to: Addressee,
  link: Omit<HitLink, 'honeypot'>,
  clickId?: ClickIdName,
): string {
  const isHttps = link.destination.startsWith('https://');
  const rest = Buffer.from(link.destination.slice(isHttps ? 8 : 7));
  const named = nameBytes(clickId);
  const flags =
    (isHttps ? HTTPS_FLAG : 0) | (clickId === undefined ? 0 : CLICK_ID_FLAG) | (named.length > 0 ? NAME_FLAG : 0);
  const plaintext = Buffer.concat([Buffer.from([...varint(link.index), ...varint(link.count), flags]), named, rest]);
  const tag = tagOf(key, to, plaintext);
  const token = Buffer.allocUnsafe(HEAD_BYTES + plaintext.length);
  token[0] = VERSION;
  token.set(tag, 1);
  applyKeyStream(key.mergedLink, tag, plaintext, token, HEAD_BYTES);
  return encodeBase32(token);
}

/** Opens L beside the R of `to`, or says why not. `key` is the key R was sealed with. */
export function openMergedLink(key: RingKey, to: Addressee, text: string): OpenedLinkToken {
  const token = text.length > tokenCharsMax ? undefined : decodeBase32(text);
  if (token?.[0] !== VERSION || token.length <= HEAD_BYTES) return { ok: false, reason: 'malformed' };
  const tag = token.subarray(1, HEAD_BYTES);
  const plaintext = Buffer.allocUnsafe(token.length - HEAD_BYTES);
  applyKeyStream(key.mergedLink, tag, token.subarray(HEAD_BYTES), plaintext, 0);
  if (!timingSafeEqual(tag, tagOf(key, to, plaintext))) return { ok: false, reason: 'forged' };
  const index = readVarint(plaintext, 0);
  const count = index && readVarint(plaintext, index.end);
  if (index === undefined || count === undefined) return { ok: false, reason: 'malformed' };
  const flags = plaintext[count.end] ?? 0;
  const { clickId, end } = readClickId(
    plaintext,
    count.end + 1,
    (flags & CLICK_ID_FLAG) !== 0,
    (flags & NAME_FLAG) !== 0,
  );
  const destination = (flags & HTTPS_FLAG ? 'https://' : 'http://') + plaintext.toString('utf8', end);
  return { ok: true, clickId, link: { index: index.value, count: count.value, destination, honeypot: false } };
}

function tagOf(key: RingKey, to: Addressee, plaintext: Uint8Array): Uint8Array {
  const message = Buffer.from(to.message);
  const recipient = Buffer.from(to.recipient ?? '');
  const lengths = [Buffer.from([message.length]), Buffer.from([recipient.length])] as const;
  const data = Buffer.concat([lengths[0], message, lengths[1], recipient, plaintext]);
  return key.mergedLink.mac(data).subarray(0, TAG_BYTES);
}
