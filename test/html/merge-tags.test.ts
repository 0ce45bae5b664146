import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findMergeTags, type MergeSyntax, overlapsTag } from '../../src/html/merge-tags.ts';

const tagsIn = (source: string, syntax: MergeSyntax) =>
  findMergeTags(source, syntax).map(({ start, end }) => source.slice(start, end));

describe('findMergeTags', () => {
  it.each<[MergeSyntax, string, readonly string[]]>([
    ['liquid', 'a {{ b }} c {% if d %}e{% endif %}', ['{{ b }}', '{% if d %}', '{% endif %}']],
    ['liquid', '{{ a | default: "%}" }}{% b %}', ['{{ a | default: "%}" }}', '{% b %}']],
    ['handlebars', '{{{ a }}} {{ b }} {{!-- {{ c }} --}}', ['{{{ a }}}', '{{ b }}', '{{!-- {{ c }} --}}']],
    ['mailchimp', '*|A|* * | *|B|*', ['*|A|*', '*|B|*']],
    [{ open: '[[', close: ']]' }, '[[a]] [b] [[c', ['[[a]]']],
    [{ open: '%', close: '%' }, '%a% b %c%', ['%a%', '%c%']],
    ['liquid', '{{ never closed', []],
    ['liquid', '{{ never closed {% b %}', ['{% b %}']],
    ['liquid', '', []],
  ])('of %j in %j are %j', (syntax, source, tags) => {
    expect(tagsIn(source, syntax)).toEqual(tags);
  });

  it('ascend and lie apart, whatever the source', () => {
    const piece = fc.constantFrom('{{', '}}', '{%', '%}', '{', '}', 'a', ' ', '{{{', '}}}', '{{!--', '--}}');
    const source = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(source, fc.constantFrom('liquid' as const, 'handlebars' as const), (text, syntax) => {
        let at = 0;
        for (const { start, end } of findMergeTags(text, syntax)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
      }),
    );
  });

  it('are found in a megabyte of openings', () => {
    expect(findMergeTags('{{'.repeat(500_000), 'liquid')).toEqual([]);
  });
});

describe('overlapsTag', () => {
  const tags = [
    { start: 2, end: 5 },
    { start: 8, end: 10 },
  ];
  it.each([
    [0, 2, false],
    [0, 3, true],
    [3, 4, true],
    [5, 8, false],
    [5, 9, true],
    [2, 2, false],
    [3, 3, true],
    [5, 5, false],
    [10, 20, false],
  ])('from %i to %i is %s', (start, end, overlaps) => {
    expect(overlapsTag({ start, end }, tags)).toBe(overlaps);
  });
});
