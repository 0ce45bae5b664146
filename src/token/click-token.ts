// K, the click id: which click led to a shop. Made when a link redirects, opened when the shop tells of a sale; sealed
// under keys of its own, so that no other token passes for it. Its first byte: bits 0-2 version, bit 3 test traffic, bits
// 4-7 the highest of the 20 bits of the link's index. Behind the addressee: 16 bits of index, 32 bits of seconds.
import type { Addressee } from '../base/nouns.ts';
import { readAddressee } from './addressee.ts';
import type { KeyRing, RingKey } from './key-ring.ts';
import { open, paddedBytes, seal, type TokenProblem } from './sealed-token.ts';

const VERSION = 1;
const TEST_FLAG = 8;
/** Index and time. */
const TAIL_BYTES = 6;

/** A click: `recipient` is null where only counts may be kept. */
export interface ClickToken extends Addressee {
  /** The link's index. */
  readonly link: number;
  /** When it was, to the second. */
  readonly atMs: number;
  readonly test: boolean;
}

export type OpenedClickToken =
  | { readonly ok: true; readonly key: RingKey; readonly token: ClickToken }
  | { readonly ok: false; readonly reason: TokenProblem };

/** Seals K. */
export function sealClickToken(key: RingKey, { message, recipient, link, atMs, test }: ClickToken): string {
  const messageBytes = Buffer.byteLength(message);
  const recipientBytes = recipient === null ? 0 : Buffer.byteLength(recipient);
  const tailAt = 3 + messageBytes + recipientBytes;
  const plaintext = Buffer.alloc(paddedBytes(tailAt + TAIL_BYTES));
  plaintext[0] = VERSION | (test ? TEST_FLAG : 0) | ((link >> 16) << 4);
  plaintext[1] = messageBytes;
  plaintext.write(message, 2);
  plaintext[2 + messageBytes] = recipientBytes;
  plaintext.write(recipient ?? '', 3 + messageBytes);
  plaintext.writeUInt16BE(link & 0xffff, tailAt);
  plaintext.writeUInt32BE(Math.floor(atMs / 1_000), tailAt + 2);
  return seal(key.number, key.click, plaintext);
}

/** Opens K, or says why not. Whether it is too old is for the caller to say. */
export function openClickToken(ring: KeyRing, text: string): OpenedClickToken {
  const opened = open(ring, 'click', text);
  if (!opened.ok) return opened;
  const token = readPlaintext(opened.plaintext);
  return token === undefined ? { ok: false, reason: 'malformed' } : { ok: true, key: opened.key, token };
}

function readPlaintext(plaintext: Buffer): ClickToken | undefined {
  const first = plaintext[0] ?? 0;
  const addressee = (first & 7) === VERSION ? readAddressee(plaintext) : undefined;
  if (addressee === undefined) return undefined;
  const messageBytes = plaintext[1] ?? 0;
  const tailAt = 3 + messageBytes + (plaintext[2 + messageBytes] ?? 0);
  if (tailAt + TAIL_BYTES > plaintext.length) return undefined;
  return {
    ...addressee,
    link: ((first >> 4) << 16) | plaintext.readUInt16BE(tailAt),
    atMs: plaintext.readUInt32BE(tailAt + 2) * 1_000,
    test: (first & TEST_FLAG) !== 0,
  };
}
