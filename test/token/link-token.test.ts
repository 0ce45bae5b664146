import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../src/base/destination.ts';
import { linksMax } from '../../src/base/limits.ts';
import type { HitLink } from '../../src/base/nouns.ts';
import { decodeBase32, encodeBase32 } from '../../src/token/base32.ts';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openLinkToken, signLinkToken } from '../../src/token/link-token.ts';
import { anyId } from '../support/arbitraries.ts';
import { testRing } from '../support/keys.ts';

const key = createKeyRing(testRing()).signing();
const anotherKey = createKeyRing(testRing(2)).signing();

const LINK: HitLink = { index: 3, count: 12, destination: 'https://example.com/sale?colour=blue', honeypot: false };

const anyDestination = fc
  .webUrl({ withQueryParameters: true, withFragments: true })
  .map(parseDestination)
  .filter((destination) => destination.ok)
  .map((destination) => destination.url);

const anyLink: fc.Arbitrary<HitLink> = fc.record({
  index: fc.integer({ min: 0, max: linksMax }),
  count: fc.integer({ min: 0, max: linksMax }),
  destination: anyDestination,
  honeypot: fc.boolean(),
});

describe('a link token', () => {
  it('opens to the link, in any case, and is the same each time', () => {
    fc.assert(
      fc.property(anyLink, anyId, (link, message) => {
        const text = signLinkToken(key, message, link);
        expect(openLinkToken(key, message, text)).toEqual({ ok: true, link });
        expect(openLinkToken(key, message, text.toUpperCase())).toEqual({ ok: true, link });
        expect(signLinkToken(key, message, link)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([0, 1, 127, 128, 16_383, 16_384, linksMax])('keeps index and count %i', (number) => {
    const link = { ...LINK, index: number, count: number };
    expect(openLinkToken(key, 'm', signLinkToken(key, 'm', link))).toEqual({ ok: true, link });
  });

  it('has at least 24 characters', () => {
    const shortest = { index: 0, count: 1, destination: 'https://a.b/', honeypot: false };
    expect(signLinkToken(key, 'm', shortest).length).toBeGreaterThanOrEqual(24);
  });

  it('is refused for another message', () => {
    fc.assert(
      fc.property(anyLink, anyId, anyId, (link, message, other) => {
        fc.pre(message !== other);
        expect(openLinkToken(key, other, signLinkToken(key, message, link))).toEqual({ ok: false, reason: 'forged' });
      }),
    );
  });

  it('is refused under another key', () => {
    expect(openLinkToken(anotherKey, 'm', signLinkToken(key, 'm', LINK))).toEqual({ ok: false, reason: 'forged' });
  });

  it('is refused with any one bit changed', () => {
    const bytes = decodeBase32(signLinkToken(key, 'm', LINK)) ?? Buffer.alloc(0);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
      expect(openLinkToken(key, 'm', encodeBase32(changed)).ok).toBe(false);
    }
  });

  it('is refused when cut or lengthened', () => {
    const bytes = decodeBase32(signLinkToken(key, 'm', LINK)) ?? Buffer.alloc(0);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(openLinkToken(key, 'm', encodeBase32(bytes.subarray(0, length))).ok).toBe(false);
    }
    expect(openLinkToken(key, 'm', encodeBase32(Buffer.concat([bytes, Buffer.from('/x')]))).ok).toBe(false);
  });

  it('does not change its destination when bytes move between the message and the link', () => {
    const text = signLinkToken(key, 'ab', { ...LINK, destination: 'https://c.example/' });
    expect(openLinkToken(key, 'a', text)).toEqual({ ok: false, reason: 'forged' });
    expect(openLinkToken(key, 'abc', text)).toEqual({ ok: false, reason: 'forged' });
  });

  it.each([
    ['nothing', ''],
    ['one byte', 'ae'],
    ['another version', encodeBase32(Buffer.concat([Buffer.from([2, 0, 1]), Buffer.alloc(20, 'x')]))],
    ['an unknown flag', encodeBase32(Buffer.concat([Buffer.from([1 | 16, 0, 1]), Buffer.alloc(20, 'x')]))],
    ['an index without end', encodeBase32(Buffer.alloc(30, 0x81))],
    ['an index over the limit', encodeBase32(Buffer.from([1, 0xc1, 0x84, 0x3d, 1, ...Buffer.alloc(20)]))],
    ['no destination', encodeBase32(Buffer.concat([Buffer.from([1, 0, 1]), Buffer.alloc(12)]))],
    ['another alphabet', '='.repeat(24)],
    ['something far too long to be one', 'a'.repeat(200_000)],
  ])('is not %s', (_, text) => {
    expect(openLinkToken(key, 'm', text)).toEqual({ ok: false, reason: 'malformed' });
  });

  it('keeps the tokens of mail that was sent', () => {
    // Changing this would kill the links of every mail in people's inboxes.
    expect(signLinkToken(key, 'spring-sale', LINK)).toBe(
      'eebqysuq3a6u442kwj4csob2mv4gc3lqnrss4y3pnuxxgylmmu7wg33mn52xeplcnr2wk',
    );
  });
});
