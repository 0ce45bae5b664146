// The key ring: which key signs new mail, which keys still open old mail. A key's number is the byte in the token and
// is never used again. Everything a token needs is derived here by HKDF-SHA-256 (RFC 5869), each purpose apart.
import { createCipheriv, hkdfSync } from 'node:crypto';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { keysMax } from '../base/limits.ts';
import { type Mac, prepareMac } from './mac.ts';

/** The ring as it is kept in `keys.json` or `TELLTALE_KEYS`. */
export interface KeyRingJson {
  /** Id of the key that signs. */
  readonly signing: string;
  readonly keys: readonly RingKeyJson[];
}

export interface RingKeyJson {
  readonly id: string;
  /** 1-255, never reused. */
  readonly number: number;
  /** 32 random bytes, base64url. */
  readonly secret: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

/** A key made ready for use. */
export interface RingKey {
  readonly id: string;
  readonly number: number;
  readonly revoked: boolean;
  readonly hit: SealingKeys;
  readonly unsubscribe: SealingKeys;
  readonly session: SealingKeys;
  readonly click: SealingKeys;
  readonly linkMac: Mac;
  /** Seals links whose destination is one recipient's own. */
  readonly mergedLink: SealingKeys;
  /** Makes the day keys of peers. */
  readonly peerMac: Mac;
  /** With what a shop seals the values of its sales, 32 bytes; whoever has it can do nothing else. */
  readonly conversionSecret: Buffer;
}

export interface SealingKeys {
  readonly mac: Mac;
  /** The AES-256 key stream for 16-byte counter blocks. */
  readonly keyStream: (blocks: Uint8Array) => Buffer;
}

/** Keys in use; `replace` takes a changed ring while a server runs. */
export interface KeyRing {
  signing(): RingKey;
  find(number: number): RingKey | undefined;
  replace(ring: KeyRingJson): void;
}

/**
 * Makes a ring ready for use.
 *
 * @param keys the ring, or its JSON text.
 * @throws TelltaleError `INVALID_KEYS` with the first thing that is wrong.
 */
export function createKeyRing(keys: KeyRingJson | string): KeyRing {
  let current = prepare(readRing(keys));
  return {
    signing: () => current.signing,
    find: (number) => current.byNumber.get(number),
    replace(ring) {
      current = prepare(readRing(ring));
    },
  };
}

/** Whether `keys` is a ring made by {@link createKeyRing}. */
export function isKeyRing(keys: KeyRing | KeyRingJson | string): keys is KeyRing {
  return typeof keys === 'object' && keys !== null && 'find' in keys && typeof keys.find === 'function';
}

/** Adds a key made of `secret` (32 random bytes); it signs from now on unless `sign` is false. */
export function addKey(
  ring: KeyRingJson | undefined,
  made: { readonly secret: Uint8Array; readonly atMs: number; readonly sign: boolean },
): KeyRingJson {
  const number = Math.max(0, ...(ring?.keys ?? []).map((key) => key.number)) + 1;
  if (number > keysMax) {
    throw new TelltaleError('INVALID_KEYS', `A ring holds at most ${keysMax} keys, and all numbers have been used.`);
  }
  const key: RingKeyJson = {
    id: `k${number}`,
    number,
    secret: Buffer.from(made.secret).toString('base64url'),
    createdAt: new Date(made.atMs).toISOString(),
    revokedAt: null,
  };
  const signing = ring === undefined || made.sign ? key.id : ring.signing;
  return { signing, keys: [...(ring?.keys ?? []), key] };
}

/** Marks a key as revoked: mail it signed answers with a page instead of a redirect. */
export function revokeKey(ring: KeyRingJson, id: string, atMs: number): KeyRingJson {
  if (!ring.keys.some((key) => key.id === id)) {
    const known = ring.keys.map((key) => key.id).join(', ');
    throw new TelltaleError('UNKNOWN_KEY', `There is no key ${quote(id)}. Keys in the ring: ${known}.`);
  }
  if (ring.signing === id) {
    const next = 'Make a new signing key first: telltale keys new.';
    throw new TelltaleError('SIGNING_KEY', `Key ${quote(id)} signs new mail and cannot be revoked. ${next}`);
  }
  const revokedAt = new Date(atMs).toISOString();
  return { ...ring, keys: ring.keys.map((key) => (key.id === id ? { ...key, revokedAt } : key)) };
}

/** Reads and checks a ring. */
export function readRing(keys: KeyRingJson | string): KeyRingJson {
  const value: unknown = typeof keys === 'string' ? parseJson(keys) : keys;
  if (!isRecord(value)) throw refuse('it is not an object');
  if (typeof value.signing !== 'string') throw refuse('"signing" is missing');
  if (!Array.isArray(value.keys) || value.keys.length === 0) throw refuse('"keys" holds no key');
  const ring = { signing: value.signing, keys: value.keys.map(readKey) };
  const signing = ring.keys.find((key) => key.id === ring.signing);
  if (signing === undefined) throw refuse(`"signing" names ${quote(ring.signing)}, which is not among the keys`);
  if (signing.revokedAt !== null) throw refuse(`the signing key ${quote(signing.id)} is revoked`);
  if (new Set(ring.keys.map((key) => key.number)).size < ring.keys.length) throw refuse('two keys have one number');
  if (new Set(ring.keys.map((key) => key.id)).size < ring.keys.length) throw refuse('two keys have one id');
  return ring;
}

function readKey(key: unknown, index: number): RingKeyJson {
  const place = `key ${index + 1}`;
  if (!isRecord(key)) throw refuse(`${place} is not an object`);
  const { id, number, secret, createdAt = '', revokedAt = null } = key;
  if (typeof id !== 'string' || id === '') throw refuse(`${place} has no "id"`);
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > keysMax) {
    throw refuse(`"number" of ${place} is not a whole number from 1 to ${keysMax}`);
  }
  if (typeof secret !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(secret)) {
    throw refuse(`"secret" of ${place} is not 32 bytes in base64url (43 characters)`);
  }
  if (typeof createdAt !== 'string') throw refuse(`"createdAt" of ${place} is not a time`);
  if (revokedAt !== null && typeof revokedAt !== 'string')
    throw refuse(`"revokedAt" of ${place} is not a time or null`);
  return { id, number, secret, createdAt, revokedAt };
}

interface PreparedRing {
  readonly signing: RingKey;
  readonly byNumber: ReadonlyMap<number, RingKey>;
}

function prepare(ring: KeyRingJson): PreparedRing {
  const byNumber = new Map<number, RingKey>();
  for (const key of ring.keys) byNumber.set(key.number, prepareKey(key));
  const signing = ring.keys.find((key) => key.id === ring.signing);
  const prepared = byNumber.get(signing?.number ?? 0);
  if (prepared === undefined) throw refuse('the signing key is missing');
  return { signing: prepared, byNumber };
}

function prepareKey(key: RingKeyJson): RingKey {
  const secret = Buffer.from(key.secret, 'base64url');
  return {
    id: key.id,
    number: key.number,
    revoked: key.revokedAt !== null,
    hit: sealingKeys(derive(secret, 'telltale/1/hit', 64)),
    unsubscribe: sealingKeys(derive(secret, 'telltale/1/unsubscribe', 64)),
    session: sealingKeys(derive(secret, 'telltale/1/session', 64)),
    click: sealingKeys(derive(secret, 'telltale/1/click', 64)),
    linkMac: prepareMac(derive(secret, 'telltale/1/link', 32)),
    mergedLink: sealingKeys(derive(secret, 'telltale/1/link/merged', 64)),
    peerMac: prepareMac(derive(secret, 'telltale/1/peer', 32)),
    conversionSecret: derive(secret, 'telltale/1/conversion', 32),
  };
}

function sealingKeys(derived: Buffer): SealingKeys {
  // One cipher serves for ever: ECB over distinct counter blocks is CTR, and only whole blocks are ever asked for.
  const cipher = createCipheriv('aes-256-ecb', derived.subarray(0, 32), null).setAutoPadding(false);
  return { keyStream: (blocks) => cipher.update(blocks), mac: prepareMac(derived.subarray(32, 64)) };
}

function derive(secret: Uint8Array, info: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, bytes));
}

function parseJson(text: string): unknown {
  if (text.trim() === '') throw refuse('it is empty');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the secret.
    throw refuse('it is not valid JSON');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(problem: string): TelltaleError {
  const shape =
    '{ "signing": "k1", "keys": [{ "id": "k1", "number": 1, "secret": "…", "createdAt": "…", "revokedAt": null }] }';
  return new TelltaleError(
    'INVALID_KEYS',
    `The key ring must be ${shape}, but ${problem}. Make one with: telltale keys new. If mail was sent with other keys, restore your backup.`,
  );
}
