// R, the recipient's part of a pixel or link: who was mailed what, and what the sender may learn of it.
// Its first byte are flags: bits 0-1 level for opens, bits 2-3 level for clicks, bit 4 test traffic, others zero.
import { type Addressee, CONSENT_LEVELS, type Consent } from '../base/nouns.ts';
import { prepareSealer, readAddressee, type Sealer } from './addressee.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import { open, type TokenProblem } from './sealed-token.ts';

const TEST_FLAG = 16;

export interface HitToken extends Addressee {
  readonly consent: Consent;
  readonly test: boolean;
}

export type OpenedHitToken =
  | { readonly ok: true; readonly key: RingKey; readonly token: HitToken }
  | { readonly ok: false; readonly reason: TokenProblem };

/** Prepares R for one message. `recipientBytes` pads every R to the length of an id of that many bytes. */
export function prepareHitToken(
  key: RingKey,
  of: { readonly message: string; readonly consent: Consent; readonly test: boolean; readonly recipientBytes: number },
): Sealer {
  return prepareSealer(key.number, key.hit, { ...of, firstByte: flagsOf(of.consent, of.test) });
}

/** Opens R, or says why not. */
export function openHitToken(ring: KeyRing, text: string): OpenedHitToken {
  const opened = open(ring, 'hit', text);
  if (!opened.ok) return opened;
  const token = readPlaintext(opened.plaintext);
  return token === undefined ? { ok: false, reason: 'malformed' } : { ok: true, key: opened.key, token };
}

function flagsOf(consent: Consent, test: boolean): number {
  const levels = CONSENT_LEVELS.indexOf(consent.opens) | (CONSENT_LEVELS.indexOf(consent.clicks) << 2);
  return levels | (test ? TEST_FLAG : 0);
}

function readPlaintext(plaintext: Buffer): HitToken | undefined {
  const flags = plaintext[0] ?? 0;
  const opens = CONSENT_LEVELS[flags & 3];
  const clicks = CONSENT_LEVELS[(flags >> 2) & 3];
  if (opens === undefined || clicks === undefined || flags > 31) return undefined;
  const addressee = readAddressee(plaintext);
  if (addressee === undefined) return undefined;
  // By name: to spread it costs as much as all of the cryptography.
  const { message, recipient } = addressee;
  return { message, recipient, consent: { opens, clicks }, test: (flags & TEST_FLAG) !== 0 };
}
