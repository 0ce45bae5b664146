// The plaintext of R and U alike: a first byte of their own, then whom they speak of.
// Layout: first byte · length of the message id · message id · length of the recipient id (0 = none) · recipient id ·
// zeros.
import type { Addressee } from '../base/nouns.ts';
import type { SealingKeys } from './key-ring.ts';
import { paddedBytes, seal, sealedChars } from './sealed-token.ts';

/** Makes a token from a recipient id; everything else of it is the same for a whole mail and prepared once. */
export type Sealer = (recipient: string | null) => string;

/** Prepares tokens for one message. `recipientBytes` pads each to the length for an id of that many bytes. */
export function prepareSealer(
  keyNumber: number,
  keys: SealingKeys,
  of: { readonly firstByte: number; readonly message: string; readonly recipientBytes: number },
): Sealer {
  const message = Buffer.from(of.message);
  const head = Buffer.concat([Buffer.from([of.firstByte, message.length]), message]);
  const plaintext = Buffer.alloc(paddedBytes(head.length + 1 + 255));
  plaintext.set(head);
  return (recipient) => {
    const recipientBytes = recipient === null ? 0 : plaintext.write(recipient, head.length + 1);
    const length = paddedBytes(head.length + 1 + Math.max(recipientBytes, of.recipientBytes));
    plaintext[head.length] = recipientBytes;
    plaintext.fill(0, head.length + 1 + recipientBytes, length);
    return seal(keyNumber, keys, plaintext.subarray(0, length));
  };
}

/** Characters of a token for a recipient id of that many bytes, at least the bytes it is padded for. */
export function addresseeChars(message: string, recipientBytes: number): number {
  return sealedChars(2 + Buffer.byteLength(message) + 1 + recipientBytes);
}

/** Reads what follows the first byte. */
export function readAddressee(plaintext: Buffer): Addressee | undefined {
  const messageBytes = plaintext[1] ?? 0;
  const recipientBytes = plaintext[2 + messageBytes];
  if (messageBytes === 0 || recipientBytes === undefined) return undefined;
  const end = 3 + messageBytes + recipientBytes;
  if (end > plaintext.length) return undefined;
  return {
    message: readText(plaintext, 2, 2 + messageBytes),
    recipient: recipientBytes === 0 ? null : readText(plaintext, 3 + messageBytes, end),
  };
}

/** UTF-8, and where all of it is ASCII, as most ids are, in a third of the time. */
function readText(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at += 1) if ((bytes[at] ?? 0) > 127) return bytes.toString('utf8', start, end);
  return bytes.toString('latin1', start, end);
}
