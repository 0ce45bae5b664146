// R, the recipient's part of a pixel or link: who was mailed what, and what the sender may learn of it.
// Plaintext: flags (1 byte) · length of the message id · message id · length of the recipient id (0 = none) ·
// recipient id · zeros. Flags: bits 0-1 level for opens, bits 2-3 level for clicks, bit 4 test traffic, others zero.
import { type Addressee, CONSENT_LEVELS, type Consent } from '../base/nouns.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import { open, paddedBytes, seal, type TokenProblem } from './sealed-token.ts';

const TEST_FLAG = 16;

export interface HitToken extends Addressee {
  readonly consent: Consent;
  readonly test: boolean;
}

export type OpenedHitToken =
  | { readonly ok: true; readonly key: RingKey; readonly token: HitToken }
  | { readonly ok: false; readonly reason: TokenProblem };

/** What makes R from a recipient id; everything else of it is the same for a whole mail and prepared once. */
export type HitSealer = (recipient: string | null) => string;

/** Prepares R for one message. `recipientBytes` pads every R to the length of an id of that many bytes. */
export function prepareHitToken(
  key: RingKey,
  of: { readonly message: string; readonly consent: Consent; readonly test: boolean; readonly recipientBytes: number },
): HitSealer {
  const head = headOf(of.message, of.consent, of.test);
  return (recipient) => {
    const recipientBytes = recipient === null ? 0 : Buffer.byteLength(recipient);
    const plaintext = Buffer.alloc(paddedBytes(head.length + 1 + Math.max(recipientBytes, of.recipientBytes)));
    plaintext.set(head, 0);
    plaintext[head.length] = recipientBytes;
    if (recipient !== null) plaintext.write(recipient, head.length + 1);
    return seal(key.number, key.hit, plaintext);
  };
}

/** Opens R, or says why not. */
export function openHitToken(ring: KeyRing, text: string): OpenedHitToken {
  const opened = open(ring, 'hit', text);
  if (!opened.ok) return opened;
  const token = readPlaintext(opened.plaintext);
  return token === undefined ? { ok: false, reason: 'malformed' } : { ok: true, key: opened.key, token };
}

function headOf(message: string, consent: Consent, test: boolean): Buffer {
  const flags =
    CONSENT_LEVELS.indexOf(consent.opens) | (CONSENT_LEVELS.indexOf(consent.clicks) << 2) | (test ? TEST_FLAG : 0);
  return Buffer.concat([Buffer.from([flags, Buffer.byteLength(message)]), Buffer.from(message)]);
}

function readPlaintext(plaintext: Buffer): HitToken | undefined {
  const flags = plaintext[0] ?? 0;
  const opens = CONSENT_LEVELS[flags & 3];
  const clicks = CONSENT_LEVELS[(flags >> 2) & 3];
  if (opens === undefined || clicks === undefined || flags > 31) return undefined;
  const addressee = readAddressee(plaintext.subarray(1));
  return addressee && { ...addressee, consent: { opens, clicks }, test: (flags & TEST_FLAG) !== 0 };
}

/** Reads `length message length recipient zeros`, the body of R and U alike. */
export function readAddressee(bytes: Buffer): Addressee | undefined {
  const messageBytes = bytes[0] ?? 0;
  const recipientBytes = bytes[1 + messageBytes];
  if (messageBytes === 0 || recipientBytes === undefined) return undefined;
  const end = 2 + messageBytes + recipientBytes;
  if (end > bytes.length) return undefined;
  return {
    message: bytes.toString('utf8', 1, 1 + messageBytes),
    recipient: recipientBytes === 0 ? null : bytes.toString('utf8', 2 + messageBytes, end),
  };
}
