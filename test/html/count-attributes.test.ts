import { load } from 'cheerio';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasTagWithOver } from '../../src/html/count-attributes.ts';
import { uglyHtml } from '../support/ugly-html.ts';

/** The most attributes of any element, as the parser reads them. */
function mostAttributes(html: string): number {
  const $ = load(html, { scriptingEnabled: false });
  const counts = $('*').map((_, element) => Object.keys($(element).attr() ?? {}).length);
  return Math.max(0, ...counts.get());
}

function tagWith(count: number, separator = ' ', value = ''): string {
  return `<p ${Array.from({ length: count }, (_, i) => `a${i}${value}`).join(separator)}>`;
}

describe('hasTagWithOver', () => {
  it.each([
    ['bare names', tagWith(1_000), tagWith(1_001)],
    ['names with slashes between', tagWith(1_000, '/'), tagWith(1_001, '/')],
    ['names on lines', tagWith(1_000, '\r\n'), tagWith(1_001, '\r\n')],
    ['quoted values without blanks', tagWith(1_000, '', '="> "'), tagWith(1_001, '', '="> "')],
    ['single-quoted values', tagWith(1_000, '', "='\">'"), tagWith(1_001, '', "='\">'")],
    ['unquoted values', tagWith(1_000, ' ', '=x/"'), tagWith(1_001, ' ', '=x/"')],
    ['blanks round the sign', tagWith(1_000, ' ', ' = x'), tagWith(1_001, ' ', ' = x')],
    ['a tag that never ends', tagWith(1_000).slice(0, -1), tagWith(1_001).slice(0, -1)],
  ])('counts %s', (_, within, over) => {
    expect(hasTagWithOver(1_000, `${within}<p>text`)).toBe(false);
    expect(hasTagWithOver(1_000, `<p>text ${over}`)).toBe(true);
  });

  it.each([
    ['a comment', `<!-- <x y="--> ${tagWith(9)}`],
    ['a comment ended by --!>', `<!-- <x y="--!> ${tagWith(9)}`],
    ['a style', `<style><x y="</style>${tagWith(9)}`],
    ['a title', `<title><x y='</title>${tagWith(9)}`],
    ['a bogus comment', `</ <x y=">${tagWith(9)}`],
    ['a conditional comment', `<!--[if mso]>${tagWith(9)}<![endif]-->`],
  ])('is not blinded by %s', (_, html) => {
    expect(hasTagWithOver(8, html)).toBe(true);
  });

  it.each([
    ['many tags of few attributes', '<p a b c d>'.repeat(5_000)],
    ['text', 'a b c d e f g h '.repeat(5_000)],
    ['less-than signs in text', '1 < 2 a b c d e f g h '.repeat(5_000)],
    ['nothing', ''],
  ])('does not take %s for one tag', (_, html) => {
    expect(hasTagWithOver(8, html)).toBe(false);
  });

  it('never counts fewer than the parser', () => {
    const odd = fc.constantFrom(
      '<p ',
      'a=',
      '"',
      "'",
      'b',
      ' c',
      '/',
      '>',
      '=',
      '\n',
      '<',
      '</p ',
      '<!--',
      '-->',
      'é=1 ',
    );
    const html = fc.oneof(
      uglyHtml,
      fc.array(odd, { maxLength: 40 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(html, (source) => {
        const most = mostAttributes(source);
        if (most > 0) expect(hasTagWithOver(most - 1, source)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
