import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linkSplice, makeTemplate } from '../../src/track/template.ts';

const SOURCE = 'ä<a href="old">😀</a>';
const at = SOURCE.indexOf('old');
const SPLICES = [
  { start: 1, end: 1, before: '[', after: ']' },
  linkSplice({ start: at, end: at + 3 }, 'l', 'https://b.example'),
];

describe('makeTemplate', () => {
  it('replaces ranges by what stands before the token, the token, and what stands behind', () => {
    expect(makeTemplate(SOURCE, SPLICES).join('r')).toBe('ä[r]<a href="https://b.example/c/r/l">😀</a>');
  });

  it('is the source without splices', () => {
    const template = makeTemplate(SOURCE, []);
    expect(template.join('r')).toBe(SOURCE);
    expect(template.byteLength(9)).toBe(Buffer.byteLength(SOURCE));
  });

  it('joins splices that touch', () => {
    const splices = [
      { start: 0, end: 1, before: '<', after: '>' },
      { start: 1, end: 2, before: '<', after: '>' },
      { start: 2, end: 2, before: '<', after: '>' },
    ];
    expect(makeTemplate('ab', splices).join('-')).toBe('<-><-><->');
  });

  it('writes the bytes of what it joins, for tokens of any length, in any order', () => {
    const template = makeTemplate(SOURCE, SPLICES);
    const token = fc.string({ unit: fc.constantFrom('a', 'b', '7'), minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(token, fc.nat(9), (text, offset) => {
        const expected = Buffer.from(template.join(text));
        const target = Buffer.alloc(offset + expected.length);
        expect(template.byteLength(text.length)).toBe(expected.length);
        expect(template.write(text, target, offset)).toBe(expected.length);
        expect(target.subarray(offset)).toEqual(expected);
      }),
    );
  });
});
