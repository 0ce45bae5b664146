import { createCipheriv, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeBase32 } from '../../src/token/base32.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { open, paddedBytes, seal } from '../../src/token/sealed-token.ts';
import { testRing } from '../support/keys.ts';

const ring = createKeyRing(testRing());

/** The construction written once more with the plain functions of node:crypto. */
function sealPlainly(info: string, plaintext: Buffer): Buffer {
  const secret = Buffer.from(testRing().keys[0]?.secret ?? '', 'base64url');
  const derived = Buffer.from(hkdfSync('sha256', secret, '', info, 64));
  const tag = createHmac('sha256', derived.subarray(32)).update(plaintext).digest().subarray(0, 12);
  const counter = Buffer.concat([tag, Buffer.alloc(4)]);
  const ciphertext = createCipheriv('aes-256-ctr', derived.subarray(0, 32), counter).update(plaintext);
  return Buffer.concat([Buffer.from([1]), tag, ciphertext]);
}

describe('seal', () => {
  it.each([2, 17, 32, 62, 257])('is HMAC-SHA-256 as synthetic IV over AES-256-CTR, for %i bytes', (bytes) => {
    const plaintext = Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 37) & 255));
    const key = ring.signing();
    expect(decodeBase32(seal(key.number, key.hit, plaintext))).toEqual(sealPlainly('telltale/1/hit', plaintext));
    expect(decodeBase32(seal(key.number, key.unsubscribe, plaintext))).toEqual(
      sealPlainly('telltale/1/unsubscribe', plaintext),
    );
  });

  it('is undone by open', () => {
    const key = ring.signing();
    const plaintext = Buffer.alloc(paddedBytes(20), 'plain');
    expect(open(ring, 'hit', seal(key.number, key.hit, plaintext))).toEqual({ ok: true, key, plaintext });
  });

  it('makes nothing that opens of a plaintext without padding', () => {
    const key = ring.signing();
    const text = seal(key.number, key.hit, Buffer.alloc(paddedBytes(20) + 1, 'plain'));
    expect(open(ring, 'hit', text)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('keeps the tokens of mail that was sent', () => {
    // Changing this would kill the links of every mail in people's inboxes.
    const key = ring.signing();
    expect(seal(key.number, key.hit, Buffer.from('\x0a\x0bspring-sale\x04r-42'.padEnd(22, '\0')))).toBe(
      'afhfqvkhgmo3dpkjo4miw46l6ngs2gxl7yyqgh5ucp2egrz7eulwscpe',
    );
  });
});

describe('paddedBytes', () => {
  it('makes tokens whose base32 has no spare bit, and adds no more than four bytes', () => {
    for (let bytes = 1; bytes < 300; bytes += 1) {
      const padded = paddedBytes(bytes);
      expect((13 + padded) % 5).toBe(0);
      expect(padded - bytes).toBeGreaterThanOrEqual(0);
      expect(padded - bytes).toBeLessThan(5);
    }
  });
});
