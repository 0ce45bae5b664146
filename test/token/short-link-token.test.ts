import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readShortLinkToken, shortLinkToken, shortSetOf } from '../../src/token/short-link-token.ts';

const A = { index: 0, destination: 'https://example.com/a' };
const B = { index: 1, destination: 'https://example.com/b' };

describe('a set of short links', () => {
  it('is named by 5 characters of SHA-256, the same for ever', () => {
    expect(shortSetOf([A, B])).toBe('menbl');
  });

  it('has one name in whatever order its links come', () => {
    expect(shortSetOf([B, A])).toBe(shortSetOf([A, B]));
  });

  it.each([
    ['a link less', [A]],
    ['another destination', [A, { ...B, destination: 'https://example.com/c' }]],
    ['other indexes', [A, { ...B, index: 2 }]],
    [
      'its links the other way round',
      [
        { ...A, index: 1 },
        { ...B, index: 0 },
      ],
    ],
  ])('has another name with %s', (_, links) => {
    expect(shortSetOf(links)).not.toBe(shortSetOf([A, B]));
  });
});

describe('a short L', () => {
  it('is read back, wholly lower-case or upper-case', () => {
    const sets = fc.stringMatching(/^[a-z2-7]{5}$/);
    fc.assert(
      fc.property(sets, fc.integer({ min: 0, max: 32_767 }), (set, index) => {
        const token = shortLinkToken(set, index);
        expect(token).toMatch(/^[a-z2-7]{8}$/);
        expect(readShortLinkToken(token)).toEqual({ set, index });
        expect(readShortLinkToken(token.toUpperCase())).toEqual({ set, index });
      }),
    );
  });

  it('has no room for a link of 16 bits', () => {
    expect(() => shortLinkToken('aaaaa', 32_768)).toThrow(RangeError);
  });

  it.each(['', 'aaaaaaa', 'aaaaaaaaa', 'aaaaaaa1', 'aaaa aaa', 'aaaaaaa=', 'äaaaaaaa'])('is not %j', (text) => {
    expect(readShortLinkToken(text)).toBeUndefined();
  });
});
