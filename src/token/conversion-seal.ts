// Sealing the value of a sale: the shop's server signs order, value and currency with a secret of its own, so that whoever
// sees the page, or calls the pixel by hand, cannot say another value. HMAC-SHA-256 over the three, a line each; docs have
// the recipe for other languages. The secret belongs to one key of the ring and is good for nothing else.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { TelltaleError } from '../base/errors.ts';
import type { KeyRing, RingKey } from './key-ring.ts';

/** What a seal vouches for, each as it stands in the request; empty where there is none. */
export interface SealedValue {
  readonly order: string;
  /** A decimal number. */
  readonly value?: string | undefined;
  readonly currency?: string | undefined;
}

/** The secret for a shop: `ttseal_<number of the key>_<32 bytes base64url>`. */
export function conversionSecretOf(key: RingKey): string {
  return `ttseal_${key.number}_${key.conversionSecret.toString('base64url')}`;
}

/**
 * Seals the value of a sale, on the shop's server: what comes back goes into the pixel or the script as `seal`.
 *
 * @param secret what `telltale keys seal` prints.
 * @returns the number of the key, a dot, and 32 bytes of HMAC-SHA-256 as base64url.
 * @throws TelltaleError `INVALID_OPTION` for what is no such secret.
 */
export function sealConversion(secret: string, sealed: SealedValue): string {
  const [, number, key] = /^ttseal_(\d{1,3})_([\w-]{43})$/.exec(secret) ?? [];
  if (number === undefined || key === undefined) {
    throw new TelltaleError(
      'INVALID_OPTION',
      'sealConversion takes the secret that `telltale keys seal` prints (ttseal_…), but something else came.',
    );
  }
  return `${number}.${macOf(Buffer.from(key, 'base64url'), sealed).toString('base64url')}`;
}

/** Whether a seal is one of a key of the ring, which is not revoked, over just this. */
export function isSealed(ring: Pick<KeyRing, 'find'>, seal: string, sealed: SealedValue): boolean {
  const [, number, mac] = /^(\d{1,3})\.([\w-]{43})$/.exec(seal) ?? [];
  const key = mac === undefined ? undefined : ring.find(Number(number));
  if (key === undefined || key.revoked || mac === undefined) return false;
  return timingSafeEqual(Buffer.from(mac, 'base64url'), macOf(key.conversionSecret, sealed));
}

function macOf(secret: Uint8Array, { order, value = '', currency = '' }: SealedValue): Buffer {
  // No line break can be in any of them where the seal is looked at.
  return createHmac('sha256', secret).update(`${order}\n${value}\n${currency}`).digest();
}
