import { describe, expect, it } from 'vitest';
import { mimeDepthMax, mimePartsMax } from '../../src/base/limits.ts';
import { findParts, type MimePart } from '../../src/mime/find-parts.ts';
import { message } from '../support/eml.ts';

/** Number, type and body of each part without parts. */
function parse(lines: readonly string[], eol = '\r\n'): readonly (readonly [string, string, string])[] {
  const text = message(lines, eol).toString('latin1');
  const leaves = (part: MimePart): readonly MimePart[] =>
    part.children.length === 0 ? [part] : part.children.flatMap(leaves);
  return leaves(findParts(text)).map(({ number, type, bodyStart, bodyEnd }) => [
    number,
    type,
    text.slice(bodyStart, bodyEnd),
  ]);
}

const TWO = ['', 'preamble', '--b', 'Content-Type: text/html', '', '<p>', '', '--b', '', 'text', '--b--', 'epilogue'];

describe('findParts', () => {
  it.each(['\r\n', '\n'])('finds parts between boundaries of lines that end in %j', (eol) => {
    expect(parse(['Content-Type: multipart/mixed; boundary=b', ...TWO], eol)).toEqual([
      ['1', 'text/html', `<p>${eol}`],
      ['2', 'text/plain', 'text'],
    ]);
  });

  it.each([
    'Content-Type: multipart/mixed; boundary="b"',
    'content-TYPE : Multipart/Mixed;\r\n\tBOUNDARY = b ; x=y',
    'Content-Type: multipart/mixed (a "comment; boundary=x"); charset="; boundary=x"; boundary=b',
    'Content-Type: multipart/mixed; boundary="\\b"',
    "Content-Type: multipart/mixed; boundary*=us-ascii''%62",
    'Content-Type: multipart/mixed; boundary*0=b; boundary*1=""',
  ])('reads the boundary of %j', (header) => {
    expect(parse([header, ...TWO]).map(([, type]) => type)).toEqual(['text/html', 'text/plain']);
  });

  it('takes no line for a boundary that only begins like one', () => {
    const lines = [
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      '',
      '--bc',
      ' --b',
      'x--b',
      '--b-',
      '--b \t',
      '',
    ];
    expect(parse([...lines, 'y', '--b-- '])).toEqual([
      ['1', 'text/plain', '--bc\r\n --b\r\nx--b\r\n--b-'],
      ['2', 'text/plain', 'y'],
    ]);
  });

  it('numbers nested parts as IMAP does', () => {
    const inner = [
      'Content-Type: multipart/alternative; boundary=bb',
      '',
      '--bb',
      '',
      'one',
      '--bb',
      '',
      'two',
      '--bb--',
      '',
    ];
    const lines = ['Content-Type: multipart/mixed; boundary=b', '', '--b', ...inner, '--b', '', 'three', '--b--'];
    expect(parse(lines)).toEqual([
      ['1.1', 'text/plain', 'one'],
      ['1.2', 'text/plain', 'two'],
      ['2', 'text/plain', 'three'],
    ]);
  });

  it('reads an inner multipart that is not closed up to the outer boundary', () => {
    const inner = ['Content-Type: multipart/alternative; boundary=bb', '', '--bb', '', 'one'];
    const lines = ['Content-Type: multipart/mixed; boundary=b', '', '--b', ...inner, '--b', '', 'two', '--b--'];
    expect(parse(lines).map(([, , body]) => body)).toEqual(['one', 'two']);
  });

  it('reads the last part to the end where the closing boundary is missing', () => {
    const lines = ['Content-Type: multipart/mixed; boundary=b', '', '--b', '', 'one', ''];
    expect(parse(lines)).toEqual([['1', 'text/plain', 'one\r\n']]);
    expect(findParts(message(lines).toString('latin1')).problem).toBe('not-closed');
  });

  it('does not look into an attached message', () => {
    const lines = ['Content-Type: message/rfc822', '', 'Content-Type: text/html', '', '<p>'];
    expect(parse(lines)).toEqual([['1', 'message/rfc822', 'Content-Type: text/html\r\n\r\n<p>']]);
  });

  it('takes the parts of a digest for messages', () => {
    const lines = ['Content-Type: multipart/digest; boundary=b', '', '--b', '', 'Subject: x', '--b--'];
    expect(parse(lines)).toEqual([['1', 'message/rfc822', 'Subject: x']]);
  });

  it('takes what says nothing of itself for text', () => {
    expect(parse(['', 'text'])).toEqual([['1', 'text/plain', 'text']]);
    expect(parse([])).toEqual([['1', 'text/plain', '']]);
    expect(parse(['From us Thu Jan  1', 'Subject: no body'])).toEqual([['1', 'text/plain', '']]);
  });

  it.each([
    ['no-boundary', ['Content-Type: multipart/mixed', '', '--b', '', 'x']],
    ['no-boundary', ['Content-Type: multipart/mixed; boundary=c', '', '--b', '', 'x']],
    ['said-twice', ['Content-Type: text/html', 'Content-Type: text/plain', '', 'x']],
    ['said-twice', ['Content-Transfer-Encoding: 7bit', 'Content-Transfer-Encoding: base64', '', 'x']],
    ['too-complex', ['Content-Type: multipart/mixed; boundary=b', '', ...Array<string>(mimePartsMax + 1).fill('--b')]],
  ])('says %s', (problem, lines) => {
    expect(findParts(message(lines).toString('latin1')).problem).toBe(problem);
  });

  it('stops at the deepest nesting', () => {
    const lines = Array.from({ length: mimeDepthMax + 2 }, (_, depth) => [
      `Content-Type: multipart/mixed; boundary=b${depth}`,
      '',
      `--b${depth}`,
    ]).flat();
    let part: MimePart | undefined = findParts(message(lines).toString('latin1'));
    while (part?.children[0] !== undefined) part = part.children[0];
    expect(part?.problem).toBe('too-complex');
  });
});
