import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase32, encodeBase32 } from '../../src/token/base32.ts';
import { openHitToken } from '../../src/token/hit-token.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openUnsubscribeToken, prepareUnsubscribeToken } from '../../src/token/unsubscribe-token.ts';
import { anyId } from '../support/arbitraries.ts';
import { testRing } from '../support/keys.ts';

const ring = createKeyRing(testRing());
const anyAddressee = fc.record({ message: anyId, recipient: anyId });

function seal({ message, recipient }: { readonly message: string; readonly recipient: string }): string {
  return prepareUnsubscribeToken(ring.signing(), message)(recipient);
}

describe('an unsubscribe token', () => {
  it('opens to what was sealed, in any case, and is the same each time', () => {
    fc.assert(
      fc.property(anyAddressee, (token) => {
        const text = seal(token);
        expect(openUnsubscribeToken(ring, text)).toEqual({ ok: true, key: ring.signing(), token });
        expect(openUnsubscribeToken(ring, text.toUpperCase())).toMatchObject({ ok: true, token });
        expect(seal(token)).toBe(text);
        expect(text.length % 8).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused as a hit token', () => {
    fc.assert(
      fc.property(anyAddressee, (addressee) => {
        expect(openHitToken(ring, seal(addressee))).toEqual({ ok: false, reason: 'forged' });
      }),
    );
  });

  it('is refused by another ring', () => {
    const another = createKeyRing(testRing(2));
    expect(openUnsubscribeToken(another, seal({ message: 'm', recipient: 'r' }))).toEqual({
      ok: false,
      reason: 'forged',
    });
  });

  it('is refused with any one bit changed', () => {
    const bytes = decodeBase32(seal({ message: 'spring-sale', recipient: 'r-42' })) ?? Buffer.alloc(0);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      expect(openUnsubscribeToken(ring, encodeBase32(changed)).ok).toBe(false);
    }
  });

  it('is refused when cut or lengthened', () => {
    const text = seal({ message: 'spring-sale', recipient: 'r-42' });
    for (let length = 0; length < text.length; length += 1) {
      expect(openUnsubscribeToken(ring, text.slice(0, length)).ok).toBe(false);
    }
    expect(openUnsubscribeToken(ring, `${text}aaaaaaaa`).ok).toBe(false);
  });

  it('shows neither message nor recipient in its bytes', () => {
    const bytes = decodeBase32(seal({ message: 'spring-sale', recipient: 'jonas@reader.example' }));
    expect(bytes?.includes('spring')).toBe(false);
    expect(bytes?.includes('reader')).toBe(false);
  });

  it('differs when bytes move from one id to the other', () => {
    expect(seal({ message: 'a', recipient: 'bc' })).not.toBe(seal({ message: 'ab', recipient: 'c' }));
  });
});
