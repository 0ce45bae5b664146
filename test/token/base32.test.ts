import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase32, encodeBase32, writeBase32 } from '../../src/token/base32.ts';

/** RFC 4648, section 10, without padding. */
const VECTORS = [
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
] as const;

describe('encodeBase32', () => {
  it.each(VECTORS)('encodes %j as RFC 4648 does, in lower case', (text, encoded) => {
    expect(encodeBase32(Buffer.from(text))).toBe(encoded.toLowerCase());
  });

  it('makes eight characters of five bytes and nothing but letters and digits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = encodeBase32(bytes);
        expect(text).toMatch(/^[a-z2-7]*$/);
        expect(text).toHaveLength(Math.ceil((bytes.length * 8) / 5));
      }),
    );
  });
});

describe('writeBase32', () => {
  it('writes what encodeBase32 gives and leaves what follows alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const encoded = encodeBase32(bytes);
        const out = Buffer.alloc(encoded.length + 3, '#');
        writeBase32(bytes, out);
        expect(out.toString('latin1')).toBe(`${encoded}###`);
      }),
    );
  });
});

describe('decodeBase32', () => {
  it.each(VECTORS)('decodes to %j', (text, encoded) => {
    expect(decodeBase32(encoded.toLowerCase())?.toString()).toBe(text);
    expect(decodeBase32(encoded)?.toString()).toBe(text);
  });

  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('folds case, letter by letter', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.infiniteStream(fc.boolean()), (bytes, upper) => {
        const text = [...encodeBase32(bytes)].map((c) => (upper.next().value ? c.toUpperCase() : c)).join('');
        expect(decodeBase32(text)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('takes one spelling for each value: whatever it takes is what it would write', () => {
    const character = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567');
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 20 }), (text) => {
        const bytes = decodeBase32(text);
        if (bytes !== undefined) expect(encodeBase32(bytes)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['padding', 'my======'],
    ['one padding character', 'mzxw6yq='],
    ['a blank inside', 'mz xq'],
    ['a blank before', ' mzxq'],
    ['a line feed behind', 'mzxq\n'],
    ['spare bits that are not zero', 'mz'],
    ['spare bits that are not zero in five characters', 'mzxw7'],
    ['one character', 'm'],
    ['three characters', 'mzx'],
    ['six characters', 'mzxw6y'],
    ['digits outside the alphabet', 'm0x1'],
    ['eight and nine', 'm8x9'],
    ['an escape', 'mz%78q'],
    ['base64url', 'mz-_'],
    ['a letter outside ASCII that folds to s', 'm\u017fxq'],
    ['a letter outside ASCII that folds to k', 'm\u212axq'],
    ['a letter outside ASCII', 'mzxé'],
    ['a full-width letter', 'mzx\uff51'],
    ['NUL', 'mzx\0'],
  ])('refuses %s', (_, text) => {
    expect(decodeBase32(text)).toBeUndefined();
  });
});
