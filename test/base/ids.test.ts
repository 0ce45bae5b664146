import { describe, expect, it } from 'vitest';
import { checkId, idProblem, quote } from '../../src/base/ids.ts';
import { thrownBy } from '../support/thrown.ts';

describe('checkId', () => {
  it.each([
    ['one byte', 'a'],
    ['128 bytes of ASCII', 'a'.repeat(128)],
    ['128 bytes of two-byte characters', 'é'.repeat(64)],
    ['128 bytes of four-byte characters', '😀'.repeat(32)],
    ['blanks and punctuation', ' a/b?c=d&e%20#f '],
    ['an address', 'a@b.example'],
    ['a no-break space', 'a\u00a0b'],
    ['a right-to-left override', 'a\u202eb'],
  ])('takes %s and returns it unchanged', (_, id) => {
    expect(checkId(id, 'message')).toBe(id);
  });

  it.each([
    ['the empty text', '', 'it is empty'],
    ['129 bytes of ASCII', 'a'.repeat(129), 'has 129 bytes'],
    ['130 bytes in 65 characters', 'é'.repeat(65), 'has 130 bytes'],
    ['132 bytes in 33 characters', '😀'.repeat(33), 'has 132 bytes'],
    ['NUL', 'a\0b', 'control character'],
    ['a line feed', 'a\nb', 'control character'],
    ['a tab', '\ta', 'control character'],
    ['DEL', 'a\u007f', 'control character'],
    ['a C1 control', 'a\u0085b', 'control character'],
    ['a lone high surrogate', 'a\ud800', 'surrogate'],
    ['a lone low surrogate', '\udc00a', 'surrogate'],
    ['a number', 42, 'of type number'],
    ['null', null, 'it is null'],
    ['nothing', undefined, 'of type undefined'],
    ['an object', {}, 'of type object'],
  ])('refuses %s', (_, id, problem) => {
    const error = thrownBy(() => checkId(id, 'recipient'));
    expect(error.code).toBe('INVALID_ID');
    expect(error.message).toContain(problem);
    expect(error.message).toContain('A recipient id must be 1 to 128 bytes');
  });

  it('says nothing against a good id', () => {
    expect(idProblem('spring-sale')).toBeUndefined();
  });
});

describe('quote', () => {
  it.each([
    ['a line feed', 'a\nb', '"a\\nb"'],
    ['an escape sequence', '\u001b[31m', '"\\u001b[31m"'],
    ['a C1 control', 'a\u009bb', '"a\\u009bb"'],
    ['a right-to-left override', 'a\u202eb', '"a\\u202eb"'],
    ['an isolate', 'a\u2066b', '"a\\u2066b"'],
    ['a line separator', 'a\u2028b', '"a\\u2028b"'],
    ['a quote', 'a"b', '"a\\"b"'],
  ])('escapes %s', (_, text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  it('cuts to 60 characters', () => {
    expect(quote('a'.repeat(60))).toBe(`"${'a'.repeat(60)}"`);
    expect(quote('a'.repeat(61))).toBe(`"${'a'.repeat(57)}…"`);
  });
});
