// U, the way out: message and recipient, whatever the consent level. Sealed under keys of its own, so that neither R
// nor U passes for the other. Plaintext: version (1 byte) · message and recipient as in R.
import type { Addressee } from '../base/nouns.ts';
import { readAddressee } from './hit-token.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import { open, paddedBytes, seal, type TokenProblem } from './sealed-token.ts';

const VERSION = 1;

export type OpenedUnsubscribeToken =
  | { readonly ok: true; readonly key: RingKey; readonly token: Addressee }
  | { readonly ok: false; readonly reason: TokenProblem };

/** Seals U. */
export function sealUnsubscribeToken(
  key: RingKey,
  addressee: { readonly message: string; readonly recipient: string },
): string {
  const message = Buffer.from(addressee.message);
  const recipient = Buffer.from(addressee.recipient);
  const plaintext = Buffer.alloc(paddedBytes(3 + message.length + recipient.length));
  plaintext[0] = VERSION;
  plaintext[1] = message.length;
  plaintext.set(message, 2);
  plaintext[2 + message.length] = recipient.length;
  plaintext.set(recipient, 3 + message.length);
  return seal(key.number, key.unsubscribe, plaintext);
}

/** Opens U, or says why not. */
export function openUnsubscribeToken(ring: KeyRing, text: string): OpenedUnsubscribeToken {
  const opened = open(ring, 'unsubscribe', text);
  if (!opened.ok) return opened;
  const token = opened.plaintext[0] === VERSION ? readAddressee(opened.plaintext.subarray(1)) : undefined;
  return token === undefined ? { ok: false, reason: 'malformed' } : { ok: true, key: opened.key, token };
}
