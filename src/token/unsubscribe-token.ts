// U, the way out: message and recipient, whatever the consent level. Sealed under keys of its own, so that neither R
// nor U passes for the other. Its first byte is its version.
import type { Addressee } from '../base/nouns.ts';
import { prepareSealer, readAddressee, type Sealer } from './addressee.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import { open, type TokenProblem } from './sealed-token.ts';

const VERSION = 1;

export type OpenedUnsubscribeToken =
  | { readonly ok: true; readonly key: RingKey; readonly token: Addressee }
  | { readonly ok: false; readonly reason: TokenProblem };

/** Prepares U for one message. */
export function prepareUnsubscribeToken(key: RingKey, message: string): Sealer {
  return prepareSealer(key.number, key.unsubscribe, { firstByte: VERSION, message, recipientBytes: 0 });
}

/** Opens U, or says why not. */
export function openUnsubscribeToken(ring: KeyRing, text: string): OpenedUnsubscribeToken {
  const opened = open(ring, 'unsubscribe', text);
  if (!opened.ok) return opened;
  const token = opened.plaintext[0] === VERSION ? readAddressee(opened.plaintext) : undefined;
  return token === undefined ? { ok: false, reason: 'malformed' } : { ok: true, key: opened.key, token };
}
