import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Consent, FULL_CONSENT } from '../../src/base/nouns.ts';
import { decodeBase32, encodeBase32 } from '../../src/token/base32.ts';
import { type HitToken, openHitToken, prepareHitToken } from '../../src/token/hit-token.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openUnsubscribeToken } from '../../src/token/unsubscribe-token.ts';
import { anyConsent, anyId } from '../support/arbitraries.ts';
import { testRing } from '../support/keys.ts';

const ring = createKeyRing(testRing());
const another = createKeyRing(testRing(2));

interface Of {
  readonly message: string;
  readonly recipient: string | null;
  readonly consent?: Consent;
  readonly test?: boolean;
  readonly recipientBytes?: number;
}

function seal({ recipient, consent = FULL_CONSENT, test = false, recipientBytes = 0, message }: Of): string {
  return prepareHitToken(ring.signing(), { message, consent, test, recipientBytes })(recipient);
}

const anyToken: fc.Arbitrary<HitToken> = fc.record({
  message: anyId,
  recipient: fc.option(anyId),
  consent: anyConsent,
  test: fc.boolean(),
});

describe('a hit token', () => {
  it('opens to what was sealed, for any ids, consent and flag', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(openHitToken(ring, seal(token))).toEqual({ ok: true, key: ring.signing(), token });
      }),
      { numRuns: 500 },
    );
  });

  it('opens in any case', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(openHitToken(ring, seal(token).toUpperCase())).toMatchObject({ ok: true, token });
      }),
    );
  });

  it('is the same for the same input', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(seal(token)).toBe(seal(token));
      }),
    );
  });

  it('differs where any input differs', () => {
    fc.assert(
      fc.property(anyToken, anyToken, (a, b) => {
        expect(seal(a) === seal(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('differs when bytes move from one id to the other', () => {
    const one = seal({ message: 'a', recipient: 'bc' });
    const two = seal({ message: 'ab', recipient: 'c' });
    expect(one).not.toBe(two);
    expect(openHitToken(ring, one)).toMatchObject({ ok: true, token: { message: 'a', recipient: 'bc' } });
    expect(openHitToken(ring, two)).toMatchObject({ ok: true, token: { message: 'ab', recipient: 'c' } });
  });

  it('has a multiple of eight characters', () => {
    fc.assert(fc.property(anyToken, (token) => seal(token).length % 8 === 0));
  });

  it('has at most 48 characters when both ids together have 12 bytes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 11 }), (bytes) => {
        expect(seal({ message: 'm'.repeat(bytes), recipient: 'r'.repeat(12 - bytes) }).length).toBeLessThanOrEqual(48);
      }),
    );
  });

  it('has one length for all ids up to recipientBytes, with and without a recipient', () => {
    const shorter = fc.option(anyId.filter((id) => Buffer.byteLength(id) <= 40));
    const length = seal({ message: 'm', recipient: 'r'.repeat(40) }).length;
    fc.assert(
      fc.property(shorter, anyConsent, (recipient, consent) => {
        const text = seal({ message: 'm', recipient, consent, recipientBytes: 40 });
        expect(text).toHaveLength(length);
        expect(openHitToken(ring, text)).toMatchObject({ ok: true, token: { message: 'm', recipient } });
      }),
    );
  });

  it('shows neither message nor recipient in its bytes', () => {
    const bytes = decodeBase32(seal({ message: 'spring-sale', recipient: 'jonas@reader.example' }));
    expect(bytes?.includes('spring')).toBe(false);
    expect(bytes?.includes('jonas')).toBe(false);
    expect(bytes?.includes('sale')).toBe(false);
    expect(bytes?.includes('reader')).toBe(false);
  });

  it('names its key in the first byte', () => {
    expect(decodeBase32(seal({ message: 'm', recipient: 'r' }))?.[0]).toBe(ring.signing().number);
  });

  it('is refused with any one bit changed', () => {
    const bytes = decodeBase32(seal({ message: 'spring-sale', recipient: 'r-42' })) ?? Buffer.alloc(0);
    const reasons = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      const opened = openHitToken(ring, encodeBase32(changed));
      return opened.ok ? 'opened' : opened.reason;
    });
    expect(reasons.slice(0, 8)).toEqual(Array(8).fill('unknown-key'));
    expect(reasons.slice(8)).toEqual(Array(bytes.length * 8 - 8).fill('forged'));
  });

  it('is refused when cut or lengthened', () => {
    const text = seal({ message: 'spring-sale', recipient: 'r-42' });
    for (let length = 0; length < text.length; length += 1) {
      expect(openHitToken(ring, text.slice(0, length)).ok).toBe(false);
    }
    for (const tail of ['a', 'aa', 'aaaaaaaa', text, '=', '.', ' ']) {
      expect(openHitToken(ring, text + tail).ok).toBe(false);
    }
  });

  it('is refused by another ring', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(openHitToken(another, seal(token))).toEqual({ ok: false, reason: 'forged' });
      }),
    );
  });

  it('is refused as an unsubscribe token', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        expect(openUnsubscribeToken(ring, seal(token))).toEqual({ ok: false, reason: 'forged' });
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['eight characters', 'aaaaaaaa'],
    ['something too long to be one', 'a'.repeat(4_008)],
    ['something far too long to be one', 'a'.repeat(200_000)],
    ['another alphabet', '!'.repeat(48)],
  ])('is not %s', (_, text) => {
    expect(openHitToken(ring, text)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('is not made by guessing', () => {
    const character = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567');
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 48, maxLength: 48 }), (text) => !openHitToken(ring, text).ok),
      { numRuns: 2_000 },
    );
  });
});
