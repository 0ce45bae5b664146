import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTextLinks } from '../../src/html/find-text-links.ts';

function urlsIn(text: string): readonly string[] {
  return findTextLinks(text).map(({ start, end }) => text.slice(start, end));
}

describe('findTextLinks', () => {
  it.each([
    ['a URL', 'https://example.com/a?b=c#d', ['https://example.com/a?b=c#d']],
    [
      'several URLs',
      'http://a.example https://b.example\nHTTPS://c.example',
      ['http://a.example', 'https://b.example', 'HTTPS://c.example'],
    ],
    ['a URL before a full stop', 'See https://example.com/a.', ['https://example.com/a']],
    ['a URL before a comma', 'https://example.com/a, and more', ['https://example.com/a']],
    ['a URL before several marks', 'https://example.com/a?!...', ['https://example.com/a']],
    ['a URL with marks inside', 'https://example.com/a.b,c;d:e!f', ['https://example.com/a.b,c;d:e!f']],
    ['a URL that ends in a slash', 'https://example.com/', ['https://example.com/']],
    ['a URL in parentheses', '(https://example.com/a)', ['https://example.com/a']],
    ['a URL in parentheses, with a full stop', '(see https://example.com/a).', ['https://example.com/a']],
    ['a URL with parentheses of its own', 'https://example.com/a_(b)', ['https://example.com/a_(b)']],
    ['a URL with parentheses, in parentheses', '(https://example.com/a_(b))', ['https://example.com/a_(b)']],
    ['a URL in square brackets', '[https://example.com/a]', ['https://example.com/a']],
    ['a URL in braces', '{https://example.com/a}', ['https://example.com/a']],
    ['a URL in angle brackets', '<https://example.com/a>', ['https://example.com/a']],
    ['a URL in angle brackets and no more', 'a <https://example.com/a b', ['https://example.com/a']],
    [
      'nothing that is broken over lines in angle brackets',
      '<https://example.com/a-\r\nb> <https://example.com/c \nd>',
      [],
    ],
    ['a URL in straight quotes', '"https://example.com/a"', ['https://example.com/a']],
    ['a URL in single quotes', "'https://example.com/a'", ['https://example.com/a']],
    ['a URL in typographic quotes', '“https://example.com/a”', ['https://example.com/a']],
    ['a URL in German quotes', '„https://example.com/a“.', ['https://example.com/a']],
    ['a URL in guillemets', '«https://example.com/a»', ['https://example.com/a']],
    ['a URL before an ellipsis', 'https://example.com/a…', ['https://example.com/a']],
    ['a URL before an ideographic full stop', 'https://example.com/a。', ['https://example.com/a']],
    [
      'a URL in Markdown',
      '[more](https://example.com/a) *https://example.com/b*',
      ['https://example.com/a', 'https://example.com/b'],
    ],
    ['a URL with text outside ASCII', 'https://example.com/straße', ['https://example.com/straße']],
    ['a URL after a colon', 'More:https://example.com/a', ['https://example.com/a']],
    ['nothing in other schemes', 'mailto:a@b.example ftp://example.com www.example.com', []],
    ['nothing inside a word', 'xhttps://example.com/', []],
    ['nothing in text', 'Hello', []],
    ['nothing in nothing', '', []],
    ['nothing over-long', `https://example.com/${'a'.repeat(5_000)}`, []],
  ])('finds %s', (_, text, urls) => {
    expect(urlsIn(text)).toEqual(urls);
  });

  it('gives ranges that ascend, do not overlap and begin with a scheme, whatever the text', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://',
      'a.b',
      '/',
      '(',
      ')',
      '[',
      ']',
      '.',
      ',',
      ' ',
      '\n',
      '<',
      '“',
      '😀',
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        let end = 0;
        for (const range of findTextLinks(text)) {
          expect(range.start).toBeGreaterThanOrEqual(end);
          expect(range.end).toBeGreaterThan(range.start);
          expect(text.slice(range.start, range.end)).toMatch(/^https?:\/{0,2}/);
          end = range.end;
        }
      }),
    );
  });

  it('takes a hostile tail of brackets', () => {
    const text = `https://example.com/${')'.repeat(4_000)} `.repeat(200);
    expect(urlsIn(text)).toEqual(Array(200).fill('https://example.com/'));
  });
});
