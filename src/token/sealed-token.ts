// Sealing: deterministic authenticated encryption with a synthetic IV (the construction of RFC 5297, with
// HMAC-SHA-256 cut to 96 bits as the PRF and AES-256 in counter mode). Layout of a token before base32:
// key number (1 byte) · tag (12 bytes) · ciphertext. The same input gives the same token.
import { timingSafeEqual } from 'node:crypto';
import { tokenCharsMax } from '../base/limits.ts';
import { decodeBase32, encodeBase32 } from './base32.ts';
import type { KeyRing, RingKey, SealingKeys } from './key-ring.ts';

const TAG_BYTES = 12;
const HEAD_BYTES = 1 + TAG_BYTES;
const BLOCK_BYTES = 16;

/** Why a token does not open. */
export type TokenProblem = 'malformed' | 'unknown-key' | 'forged';

export type Opened =
  | { readonly ok: true; readonly key: RingKey; readonly plaintext: Buffer }
  | { readonly ok: false; readonly reason: TokenProblem };

/** Bytes to which a plaintext is padded, so that a token's length is a multiple of 5 and its base32 has no spare bit. */
export function paddedBytes(plaintextBytes: number): number {
  return Math.ceil((HEAD_BYTES + plaintextBytes) / 5) * 5 - HEAD_BYTES;
}

/** Characters of the token of a plaintext before padding: known without sealing one. */
export function sealedChars(plaintextBytes: number): number {
  return ((HEAD_BYTES + paddedBytes(plaintextBytes)) / 5) * 8;
}

/** Seals a plaintext that is padded already. */
export function seal(keyNumber: number, keys: SealingKeys, plaintext: Uint8Array): string {
  const tag = keys.mac(plaintext).subarray(0, TAG_BYTES);
  const token = sealed.subarray(0, HEAD_BYTES + plaintext.length);
  token[0] = keyNumber;
  token.set(tag, 1);
  applyKeyStream(keys, tag, plaintext, token, HEAD_BYTES);
  return encodeBase32(token);
}

/** Opens a token, or says why not. */
export function open(ring: KeyRing, purpose: 'hit' | 'unsubscribe' | 'session' | 'click', text: string): Opened {
  const token = text.length > tokenCharsMax ? undefined : decodeBase32(text);
  if (token === undefined || token.length <= HEAD_BYTES || token.length % 5 !== 0)
    return { ok: false, reason: 'malformed' };
  const key = ring.find(token[0] ?? 0);
  if (key === undefined) return { ok: false, reason: 'unknown-key' };
  const keys = key[purpose];
  const tag = token.subarray(1, HEAD_BYTES);
  const plaintext = Buffer.allocUnsafe(token.length - HEAD_BYTES);
  applyKeyStream(keys, tag, token.subarray(HEAD_BYTES), plaintext, 0);
  const expected = keys.mac(plaintext).subarray(0, TAG_BYTES);
  return timingSafeEqual(tag, expected) ? { ok: true, key, plaintext } : { ok: false, reason: 'forged' };
}

/** Kept for all calls, which are synchronous: allocating them took a third of the time of a token. */
const sealed = Buffer.alloc(tokenCharsMax);
const counterBlocks = Buffer.alloc(tokenCharsMax);

/** Writes input XOR key stream into `output` from `offset` on; at most 255 blocks of 16 bytes. */
export function applyKeyStream(
  keys: SealingKeys,
  tag: Uint8Array,
  input: Uint8Array,
  output: Uint8Array,
  offset: number,
): void {
  const blockCount = Math.ceil(input.length / BLOCK_BYTES);
  // Tag, zeros, number of the block; the zeros are never written to.
  for (let at = 0, block = 0; block < blockCount; at += BLOCK_BYTES, block += 1) {
    for (let i = 0; i < TAG_BYTES; i += 1) counterBlocks[at + i] = tag[i] ?? 0;
    counterBlocks[at + BLOCK_BYTES - 1] = block;
  }
  const stream = keys.keyStream(firstBlocks(blockCount));
  for (let i = 0; i < input.length; i += 1) output[offset + i] = (input[i] ?? 0) ^ (stream[i] ?? 0);
}

const views: Uint8Array[] = [];

/** The first of the counter blocks: a view that is made once costs a tenth of the keystream, each time. */
function firstBlocks(count: number): Uint8Array {
  const view = views[count] ?? counterBlocks.subarray(0, count * BLOCK_BYTES);
  views[count] = view;
  return view;
}
