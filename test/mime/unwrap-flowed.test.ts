import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CharsetText, decodeCharset } from '../../src/mime/decode-charset.ts';
import { unwrapFlowed } from '../../src/mime/unwrap-flowed.ts';

const FLOWED = { format: 'flowed' };
const DELSP = { format: 'Flowed', delsp: 'YES' };

function unwrap(text: string, parameters: Readonly<Record<string, string>>, type = 'text/plain'): CharsetText {
  const decoded = decodeCharset(Buffer.from(text), 'utf-8');
  if (decoded === undefined) throw new Error('it is UTF-8');
  return unwrapFlowed(decoded, { type, parameters: new Map(Object.entries(parameters)) });
}

describe('unwrapFlowed', () => {
  it.each([
    ['joins a line that ends in a blank with the next', 'a \r\nb \r\nc\r\nd\r\n', FLOWED, 'a b c\r\nd\r\n'],
    ['takes out the blank where DelSp says so', 'a \r\nb  \r\nc\r\nd\r\n', DELSP, 'ab c\r\nd\r\n'],
    ['takes out the blank that was stuffed in', 'a \r\n >b \r\n  c\r\n', FLOWED, 'a >b  c\r\n'],
    ['keeps a stuffed blank that no break is before', ' From us\r\n', FLOWED, ' From us\r\n'],
    ['joins quoted lines of one depth', '> a \r\n> b \r\n>> c \r\nd\r\n', FLOWED, '> a b \r\n>> c \r\nd\r\n'],
    ['keeps the line of a signature apart', 'a \r\n-- \r\nb \r\nc', FLOWED, 'a \r\n-- \r\nb c'],
    ['keeps the line of a quoted signature apart', '> a \r\n> -- \r\n> b', DELSP, '> a \r\n> -- \r\n> b'],
    ['keeps the break at the end', 'a \r\n', FLOWED, 'a \r\n'],
    ['takes LF for a line break', 'a \nb', FLOWED, 'a b'],
    ['takes a line of one stuffed blank for an empty one', 'a\r\n \r\nb', FLOWED, 'a\r\n \r\nb'],
    ['leaves text alone that is not flowed', 'a \r\nb', {}, 'a \r\nb'],
    ['leaves fixed text alone', 'a \r\nb', { format: 'fixed', delsp: 'yes' }, 'a \r\nb'],
  ])('%s', (_, text, parameters, expected) => {
    expect(unwrap(text, parameters).text).toBe(expected);
  });

  it('leaves HTML alone', () => {
    expect(unwrap('a \r\nb', FLOWED, 'text/html').text).toBe('a \r\nb');
  });

  it('knows the bytes of a piece, with the breaks inside and without the break behind', () => {
    const { text, bytesOf } = unwrap('ü ab \r\ncd \r\ne', DELSP);
    expect(text).toBe('ü abcde');
    expect(bytesOf(2, 6)).toEqual({ start: 3, end: 10 });
    expect(bytesOf(2, 4)).toEqual({ start: 3, end: 5 });
    expect(bytesOf(4, 4)).toEqual({ start: 8, end: 8 });
  });

  it('gives each character the bytes it was read from, whatever the text', () => {
    const piece = fc.constantFrom('a', 'ü', '😀', ' ', ' \r\n', ' \n', '\r\n', '\r', '>', '> ', '-- \r\n');
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom(FLOWED, DELSP), (pieces, parameters) => {
        const bytes = Buffer.from(pieces.join(''));
        const { text, bytesOf } = unwrap(pieces.join(''), parameters);
        let at = 0;
        for (const character of text) {
          const range = bytesOf(at, at + character.length);
          expect(bytes.toString('utf8', range.start, range.end)).toBe(character);
          at += character.length;
        }
      }),
      { numRuns: 500 },
    );
  });
});
