import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexLines } from '../../src/html/line-index.ts';

describe('indexLines', () => {
  it.each([
    ['the first character', 'abc', 0, 1, 1],
    ['a later character', 'abc', 2, 1, 3],
    ['the end', 'abc', 3, 1, 4],
    ['the start of an empty source', '', 0, 1, 1],
    ['the line feed itself', 'a\nb', 1, 1, 2],
    ['what follows LF', 'a\nb', 2, 2, 1],
    ['what follows CR LF', 'a\r\nbc', 4, 2, 2],
    ['the LF of CR LF', 'a\r\nbc', 2, 1, 3],
    ['what follows a lone CR', 'a\rb', 2, 2, 1],
    ['what follows empty lines', 'a\n\n\nb', 4, 4, 1],
    ['what follows an astral character, in UTF-16 units', '😀b', 2, 1, 3],
  ])('places %s', (_, source, offset, line, column) => {
    expect(indexLines(source)(offset)).toEqual({ line, column });
  });

  it('agrees with splitting into lines', () => {
    const source = fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\r\n', '😀') });
    fc.assert(
      fc.property(source, fc.nat(), (text, number) => {
        const offset = number % (text.length + 1);
        fc.pre(!(text[offset - 1] === '\r' && text[offset] === '\n'));
        const before = text.slice(0, offset).split(/\r\n|\n|\r/);
        expect(indexLines(text)(offset)).toEqual({ line: before.length, column: (before.at(-1) ?? '').length + 1 });
      }),
    );
  });
});
