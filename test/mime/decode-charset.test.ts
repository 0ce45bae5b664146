import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCharset } from '../../src/mime/decode-charset.ts';

/** `<あ中>A` or the like in each charset: what is before and after the A, and the bytes of the A. */
const SAMPLES: readonly (readonly [string, readonly number[], string])[] = [
  ['utf-8', [...Buffer.from('<ü中😀>A')], '<ü中😀>A'],
  ['UTF8', [...Buffer.from('<ü>A')], '<ü>A'],
  ['iso-8859-1', [0x3c, 0xfc, 0x3e, 0x41], '<ü>A'],
  ['windows-1251', [0x3c, 0xdf, 0x3e, 0x41], '<Я>A'],
  ['koi8-r', [0x3c, 0xf1, 0x3e, 0x41], '<Я>A'],
  ['gbk', [0x3c, 0xc4, 0xe3, 0x3e, 0x41], '<你>A'],
  ['gb18030', [0x3c, 0x94, 0x39, 0xda, 0x33, 0x3e, 0x41], '<💩>A'],
  ['big5', [0x3c, 0xa4, 0xa4, 0x3e, 0x41], '<中>A'],
  ['shift_jis', [0x3c, 0x83, 0x5c, 0xb1, 0x3e, 0x41], '<ソｱ>A'],
  ['euc-jp', [0x3c, 0xa4, 0xa2, 0x3e, 0x41], '<あ>A'],
  ['ks_c_5601-1987', [0x3c, 0xb0, 0xa1, 0x3e, 0x41], '<가>A'],
  ['iso-2022-jp', [0x3c, 0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42, 0x3e, 0x41], '<あ>A'],
];

describe('decodeCharset', () => {
  it.each(SAMPLES)('knows which bytes a character of %s came from', (charset, bytes, text) => {
    const decoded = decodeCharset(Buffer.from(bytes), charset);
    expect(decoded?.text).toBe(text);
    const end = text.length;
    expect(decoded?.bytesOf(end - 1, end)).toEqual({ start: bytes.length - 1, end: bytes.length });
    expect(decoded?.bytesOf(end - 2, end - 1)).toEqual({ start: bytes.length - 2, end: bytes.length - 1 });
    expect(decoded?.bytesOf(0, 1)).toEqual({ start: 0, end: 1 });
    expect(decoded?.bytesOf(1, 1)).toEqual({ start: 1, end: 1 });
    expect(decoded?.bytesOf(end, end)).toEqual({ start: bytes.length, end: bytes.length });
  });

  it('finds the bytes of any part of a UTF-8 text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(), (text, a, b) => {
        const points = [...text];
        const [from, to] = [a % (points.length + 1), b % (points.length + 1)].sort((x, y) => x - y);
        const start = points.slice(0, from).join('').length;
        const end = points.slice(0, to).join('').length;
        const bytes = Buffer.from(text);
        const range = decodeCharset(bytes, 'utf-8')?.bytesOf(start, end);
        expect(bytes.subarray(range?.start, range?.end).toString()).toBe(text.slice(start, end));
      }),
    );
  });

  it.each(['utf-16', 'utf-16le', 'utf-7', 'hz-gb-2312', 'iso-2022-kr', 'no-such-charset'])('refuses %s', (charset) => {
    expect(decodeCharset(Buffer.from('<p>'), charset)).toBeUndefined();
  });

  it('refuses what shifts out of ASCII without saying so', () => {
    expect(decodeCharset(Buffer.from('<p>\u001b$B$"\u001b(B'), 'us-ascii')).toBeUndefined();
  });

  it.each([
    ['gbk', [0x81]],
    ['shift_jis', [0x82, 0x5c]],
    ['euc-jp', [0x41, 0xff, 0x41]],
  ])('refuses bytes that are no %s', (charset, bytes) => {
    expect(decodeCharset(Buffer.from(bytes), charset)).toBeUndefined();
  });

  it.each(['utf-8', 'us-ascii', ''])('reads what claims to be %j and is not, one character a byte', (charset) => {
    const decoded = decodeCharset(Buffer.from([0x3c, 0xfc, 0x3e]), charset);
    expect(decoded).toMatchObject({ text: '<ü>', isAsDeclared: false });
    expect(decoded?.bytesOf(2, 3)).toEqual({ start: 2, end: 3 });
  });

  it('keeps a byte order mark as a character', () => {
    const decoded = decodeCharset(Buffer.from('\ufeff<p>'), 'utf-8');
    expect(decoded?.text).toBe('\ufeff<p>');
    expect(decoded?.bytesOf(1, 2)).toEqual({ start: 3, end: 4 });
  });
});
