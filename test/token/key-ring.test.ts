import { describe, expect, it } from 'vitest';
import { FULL_CONSENT } from '../../src/base/nouns.ts';
import { openHitToken, prepareHitToken } from '../../src/token/hit-token.ts';
import { addKey, createKeyRing, isKeyRing, type KeyRingJson, readRing, revokeKey } from '../../src/token/key-ring.ts';
import { testRing } from '../support/keys.ts';
import { thrownBy } from '../support/thrown.ts';

const atMs = Date.UTC(2026, 0, 2, 3, 4, 5);

function secretOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

function grow(ring: KeyRingJson | undefined, byte: number, sign = true): KeyRingJson {
  return addKey(ring, { secret: secretOf(byte), atMs, sign });
}

function sealWith(ring: KeyRingJson): string {
  const key = createKeyRing(ring).signing();
  return prepareHitToken(key, { message: 'm', consent: FULL_CONSENT, test: false, recipientBytes: 0 })('r');
}

const [KEY] = testRing().keys;
const SECRET = KEY?.secret ?? '';

describe('readRing', () => {
  it('reads a ring and its JSON text alike', () => {
    const ring = testRing();
    expect(readRing(ring)).toEqual(ring);
    expect(readRing(JSON.stringify(ring))).toEqual(ring);
  });

  it('completes a key that says neither when it was made nor that it is revoked', () => {
    const ring = { signing: 'a', keys: [{ id: 'a', number: 7, secret: SECRET }] };
    expect(readRing(JSON.stringify(ring)).keys[0]).toEqual({ ...ring.keys[0], createdAt: '', revokedAt: null });
  });

  const malformed: readonly (readonly [string, unknown, string])[] = [
    ['the empty text', '', 'it is empty'],
    ['blanks', ' \n', 'it is empty'],
    ['no JSON', `{ "signing": "k1", "secret": "${SECRET}"`, 'it is not valid JSON'],
    ['a list', [], 'it is not an object'],
    ['null', null, 'it is not an object'],
    ['a text', JSON.stringify(SECRET), 'it is not an object'],
    ['a bare secret', SECRET, 'it is not valid JSON'],
    ['no signing key', { keys: [KEY] }, '"signing" is missing'],
    ['no keys', { signing: 'k1' }, '"keys" holds no key'],
    ['an empty list of keys', { signing: 'k1', keys: [] }, '"keys" holds no key'],
    ['keys that are no list', { signing: 'k1', keys: { k1: KEY } }, '"keys" holds no key'],
    ['a signing key that is not there', { signing: 'k9', keys: [KEY] }, '"signing" names "k9"'],
    ['a key that is a text', { signing: 'k1', keys: [SECRET] }, 'key 1 is not an object'],
    ['a second key that is null', { signing: 'k1', keys: [KEY, null] }, 'key 2 is not an object'],
    ['a key without id', { signing: 'k1', keys: [{ ...KEY, id: undefined }] }, 'key 1 has no "id"'],
    ['a key with an empty id', { signing: '', keys: [{ ...KEY, id: '' }] }, 'key 1 has no "id"'],
    ['number 0', { signing: 'k1', keys: [{ ...KEY, number: 0 }] }, '"number" of key 1'],
    ['number 256', { signing: 'k1', keys: [{ ...KEY, number: 256 }] }, '"number" of key 1'],
    ['number 1.5', { signing: 'k1', keys: [{ ...KEY, number: 1.5 }] }, '"number" of key 1'],
    ['a number that is text', { signing: 'k1', keys: [{ ...KEY, number: '1' }] }, '"number" of key 1'],
    ['a secret too short', { signing: 'k1', keys: [{ ...KEY, secret: SECRET.slice(1) }] }, '"secret" of key 1'],
    ['a secret too long', { signing: 'k1', keys: [{ ...KEY, secret: `${SECRET}A` }] }, '"secret" of key 1'],
    ['a padded secret', { signing: 'k1', keys: [{ ...KEY, secret: `${SECRET}=` }] }, '"secret" of key 1'],
    ['a secret in base64', { signing: 'k1', keys: [{ ...KEY, secret: `+/${SECRET.slice(2)}` }] }, '"secret" of key 1'],
    ['no secret', { signing: 'k1', keys: [{ ...KEY, secret: null }] }, '"secret" of key 1'],
    ['a time that is a number', { signing: 'k1', keys: [{ ...KEY, createdAt: 1 }] }, '"createdAt" of key 1'],
    ['a revocation that is true', { signing: 'k1', keys: [{ ...KEY, revokedAt: true }] }, '"revokedAt" of key 1'],
    ['a revoked signing key', { signing: 'k1', keys: [{ ...KEY, revokedAt: '2026-01-01' }] }, 'is revoked'],
    ['one number twice', { signing: 'k1', keys: [KEY, { ...KEY, id: 'k2' }] }, 'two keys have one number'],
    ['one id twice', { signing: 'k1', keys: [KEY, { ...KEY, number: 2 }] }, 'two keys have one id'],
  ];

  it.each(malformed)('refuses %s', (_, ring, problem) => {
    const text = typeof ring === 'string' ? ring : JSON.stringify(ring);
    const error = thrownBy(() => readRing(text));
    expect(error.code).toBe('INVALID_KEYS');
    expect(error.message).toContain(problem);
    expect(error.message).toContain('telltale keys new');
  });

  it.each(malformed)('does not print the secret of %s', (_, ring) => {
    const text = typeof ring === 'string' ? ring : JSON.stringify(ring);
    const error = thrownBy(() => readRing(text));
    expect(error.message).not.toContain(SECRET.slice(5, 30));
    expect(error.cause).toBeUndefined();
  });
});

describe('addKey', () => {
  it('makes a ring of one key that signs', () => {
    expect(grow(undefined, 1)).toEqual({
      signing: 'k1',
      keys: [
        {
          id: 'k1',
          number: 1,
          secret: Buffer.from(secretOf(1)).toString('base64url'),
          createdAt: '2026-01-02T03:04:05.000Z',
          revokedAt: null,
        },
      ],
    });
  });

  it('lets the new key sign', () => {
    const ring = grow(grow(undefined, 1), 2);
    expect(ring.signing).toBe('k2');
    expect(ring.keys.map((key) => key.number)).toEqual([1, 2]);
  });

  it('stages a key that does not sign', () => {
    const ring = grow(grow(undefined, 1), 2, false);
    expect(ring.signing).toBe('k1');
    expect(ring.keys.map((key) => key.id)).toEqual(['k1', 'k2']);
  });

  it('lets the first key sign, even a staged one', () => {
    expect(grow(undefined, 1, false).signing).toBe('k1');
  });

  it('never gives a number again while a higher one is there', () => {
    const ring = grow(grow(grow(undefined, 1), 2), 3);
    const thinned = { ...ring, keys: ring.keys.filter((key) => key.id !== 'k2') };
    expect(grow(thinned, 4).keys.map((key) => key.number)).toEqual([1, 3, 4]);
  });

  it('refuses a key when number 255 is used', () => {
    const full = {
      signing: 'k255',
      keys: [{ id: 'k255', number: 255, secret: SECRET, createdAt: '', revokedAt: null }],
    };
    expect(thrownBy(() => grow(full, 2)).code).toBe('INVALID_KEYS');
  });

  it('makes rings that can be read', () => {
    const ring = grow(grow(undefined, 1), 2);
    expect(readRing(JSON.stringify(ring))).toEqual(ring);
  });
});

describe('revokeKey', () => {
  const ring = grow(grow(undefined, 1), 2);

  it('marks the key and no other', () => {
    expect(revokeKey(ring, 'k1', atMs).keys.map((key) => key.revokedAt)).toEqual(['2026-01-02T03:04:05.000Z', null]);
  });

  it('leaves the ring it was given alone', () => {
    revokeKey(ring, 'k1', atMs);
    expect(ring.keys.map((key) => key.revokedAt)).toEqual([null, null]);
  });

  it('refuses the key that signs', () => {
    const error = thrownBy(() => revokeKey(ring, 'k2', atMs));
    expect(error.code).toBe('SIGNING_KEY');
    expect(error.message).toContain('telltale keys new');
  });

  it('refuses a key that is not there and names those that are', () => {
    const error = thrownBy(() => revokeKey(ring, 'k9', atMs));
    expect(error.code).toBe('UNKNOWN_KEY');
    expect(error.message).toContain('k1, k2');
  });
});

describe('createKeyRing', () => {
  it('opens tokens of an old key after two rotations', () => {
    const first = grow(undefined, 1);
    const text = sealWith(first);
    const ring = createKeyRing(grow(grow(first, 2), 3));
    const opened = openHitToken(ring, text);
    expect(opened).toMatchObject({ ok: true, token: { message: 'm', recipient: 'r' } });
    expect(opened.ok && opened.key).toMatchObject({ id: 'k1', revoked: false });
  });

  it('opens tokens of a revoked key and says so', () => {
    const first = grow(undefined, 1);
    const text = sealWith(first);
    const opened = openHitToken(createKeyRing(revokeKey(grow(first, 2), 'k1', atMs)), text);
    expect(opened.ok && opened.key).toMatchObject({ id: 'k1', revoked: true });
  });

  it('opens tokens of a key that is staged here and signs elsewhere', () => {
    const first = grow(undefined, 1);
    const staged = createKeyRing(grow(first, 2, false));
    expect(openHitToken(staged, sealWith(grow(first, 2))).ok).toBe(true);
  });

  it('does not know a key that is gone', () => {
    const both = grow(grow(undefined, 1), 2);
    const left = { signing: 'k2', keys: both.keys.filter((key) => key.id === 'k2') };
    expect(openHitToken(createKeyRing(left), sealWith(grow(undefined, 1)))).toEqual({
      ok: false,
      reason: 'unknown-key',
    });
  });

  it('takes a changed ring while it is in use', () => {
    const first = grow(undefined, 1);
    const ring = createKeyRing(first);
    ring.replace(grow(first, 2));
    expect(ring.signing().id).toBe('k2');
    expect(ring.find(1)?.id).toBe('k1');
  });

  it('keeps its ring when the changed one cannot be read', () => {
    const ring = createKeyRing(testRing());
    expect(thrownBy(() => ring.replace({ signing: 'k1', keys: [] })).code).toBe('INVALID_KEYS');
    expect(ring.signing().id).toBe('k1');
  });

  it('seals alike from a ring and from its text', () => {
    const text = sealWith(testRing());
    expect(openHitToken(createKeyRing(JSON.stringify(testRing())), text).ok).toBe(true);
  });
});

describe('isKeyRing', () => {
  it.each([
    ['a ring made ready', createKeyRing(testRing()), true],
    ['the JSON of a ring', testRing(), false],
    ['the text of a ring', JSON.stringify(testRing()), false],
  ])('tells %s', (_, keys, expected) => {
    expect(isKeyRing(keys)).toBe(expected);
  });
});
