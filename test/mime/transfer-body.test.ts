import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteEdit, spliceBytes } from '../../src/mime/byte-edit.ts';
import { readTransferBody, type TransferBody } from '../../src/mime/transfer-body.ts';

function read(written: string, encoding: string): TransferBody {
  const body = readTransferBody(Buffer.from(written, 'latin1'), encoding);
  if (body === undefined) throw new Error('the body cannot be read');
  return body;
}

function edit(written: string, encoding: string, edits: readonly ByteEdit[]): string {
  return read(written, encoding).encode(edits).toString('latin1');
}

/** Edits that ascend and do not overlap, for a content of that many bytes. */
function anyEdits(bytes: number): fc.Arbitrary<readonly ByteEdit[]> {
  const places = fc.array(fc.nat(bytes), { maxLength: 8 }).map((list) => list.sort((a, b) => a - b));
  const texts = fc.array(fc.stringMatching(/^[ -~]{0,90}$/), { minLength: 4, maxLength: 4 });
  return fc.tuple(places, texts).map(([list, given]) =>
    given.flatMap((text, index) => {
      const [start, end] = [list[2 * index], list[2 * index + 1]];
      return start === undefined || end === undefined ? [] : [{ start, end, text }];
    }),
  );
}

const pieces = [
  '=',
  '=3D',
  '=3d',
  '=E9',
  'é',
  ' ',
  '\t',
  '.',
  '-',
  'From ',
  'word ',
  '=\r\n',
  '=\n',
  '\r\n',
  '\n',
  '\r',
  '=  \r\n',
  '  \r\n',
  'x'.repeat(60),
  '=zz',
];
const anyQuotedPrintable = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((list) => list.join(''));

describe('a quoted-printable body', () => {
  it.each([
    ['a=3Db', 'a=b'],
    ['a=E9=e9', 'aéé'],
    ['soft =\r\nbreak', 'soft break'],
    ['soft=  \r\nbreak', 'softbreak'],
    ['padded  \r\nhard', 'padded\r\nhard'],
    ['no escape: =zz = =4', 'no escape: =zz = =4'],
    ['ends soft=', 'ends soft'],
    ['', ''],
  ])('%j reads as %j', (written, content) => {
    expect(read(written, 'quoted-printable').bytes.toString('latin1')).toBe(content);
  });

  it('keeps lines without a change, however they are written', () => {
    const written = '=41 =c3=bc\r\nlong=\r\n er\r\n=42=\r\n';
    expect(edit(written, 'quoted-printable', [{ start: 7, end: 8, text: 'L' }])).toBe(
      '=41 =c3=bc\r\nlong=\r\n er\r\n=42=\r\n'.replace('long', 'lLng'),
    );
  });

  it('encodes what needs it in a new text', () => {
    expect(edit('ab', 'quoted-printable', [{ start: 1, end: 1, text: '<a href="x?a=b">' }])).toBe(
      'a<a href=3D"x?a=3Db">b',
    );
  });

  it('keeps a soft break at the end of a changed line', () => {
    expect(edit('ab=\r\ncd', 'quoted-printable', [{ start: 0, end: 1, text: 'X' }])).toBe('Xb=\r\ncd');
  });

  it('breaks a changed line like the others, in LF or CRLF', () => {
    const text = 'y'.repeat(100);
    expect(edit('a\nb', 'quoted-printable', [{ start: 0, end: 0, text }])).toBe(
      `${'y'.repeat(75)}=\n${'y'.repeat(25)}a\nb`,
    );
  });

  it('starts no line with a hyphen or a dot of its own making', () => {
    const written = edit('a', 'quoted-printable', [{ start: 0, end: 0, text: `${'y'.repeat(75)}--b` }]);
    expect(written).toBe(`${'y'.repeat(75)}=\r\n=2D-ba`);
  });

  it('reads after a change as its changed content, and its new lines have at most 76 characters', () => {
    fc.assert(
      fc.property(
        anyQuotedPrintable.chain((written) =>
          fc.tuple(fc.constant(written), anyEdits(read(written, 'quoted-printable').bytes.length)),
        ),
        ([written, edits]) => {
          const body = read(written, 'quoted-printable');
          const result = body.encode(edits).toString('latin1');
          expect(read(result, 'quoted-printable').bytes).toEqual(spliceBytes(body.bytes, edits));
          const old = new Set(written.split(/\r?\n/));
          for (const line of result.split(/\r?\n/)) expect(old.has(line) || line.length <= 76).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is the same without changes', () => {
    fc.assert(
      fc.property(anyQuotedPrintable, (written) => {
        expect(edit(written, 'quoted-printable', [])).toBe(written);
      }),
    );
  });
});

describe('a base64 body', () => {
  it('reads after a change as its changed content, for any content and line length', () => {
    const anyCase = fc.tuple(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom('\n', '\r\n'),
    );
    fc.assert(
      fc.property(
        anyCase.chain((given) => fc.tuple(fc.constant(given), anyEdits(given[0].length))),
        ([[content, quanta, eol], edits]) => {
          const lines =
            Buffer.from(content)
              .toString('base64')
              .match(new RegExp(`.{1,${4 * quanta}}`, 'g')) ?? [];
          const written = `${eol}${lines.join(eol)}${eol}`;
          const result = edit(written, 'base64', edits);
          expect(read(result, 'base64').bytes).toEqual(spliceBytes(Buffer.from(content), edits));
          if (edits.length === 0) expect(result).toBe(written);
          if (lines.length < 2) return;
          const lengths = result
            .trim()
            .split(eol)
            .map((line) => line.length);
          expect(lengths.slice(0, -1).every((length) => length === 4 * quanta)).toBe(true);
        },
      ),
    );
  });

  it.each(['YWJj*', 'YWJj\r\n-- \r\nA footer!', 'YQ==YQ==', 'YWJjY'])('that is none is not read: %j', (written) => {
    expect(readTransferBody(Buffer.from(written), 'base64')).toBeUndefined();
  });
});

describe('a body without an encoding', () => {
  it.each(['7bit', '8bit', 'binary'])('is changed in place: %s', (encoding) => {
    expect(edit('\xe9a\n\0b', encoding, [{ start: 1, end: 2, text: 'xyz' }])).toBe('\xe9xyz\n\0b');
  });

  it('of a name nobody knows is not read', () => {
    expect(readTransferBody(Buffer.from('x'), 'x-uuencode')).toBeUndefined();
  });
});
