import { describe, expect, it } from 'vitest';
import { findLinks } from '../../src/html/find-links.ts';
import { childNamed, walk } from '../../src/html/mail-node.ts';
import { parseMail, TooComplex } from '../../src/html/parse-mail.ts';
import { MAIL_NAMES, readMail } from '../support/mails.ts';

const DIVS = '<div>'.repeat(100_000);

function wordsOf(source: string): readonly string[] {
  return [...walk(parseMail(source).document)].map((node) => node.name ?? node.data ?? node.type);
}

describe('parseMail', () => {
  it.each([
    ['a tag with 1,001 attributes', `<p ${Array.from({ length: 1_001 }, (_, i) => `a${i}`).join(' ')}>`],
    ['such a tag in a conditional comment', `<!--[if mso]><p ${'a '.repeat(1_001)}><![endif]-->`],
    ['100,000 nested divs', DIVS],
    ['100,000 nested divs, all closed', DIVS + '</div>'.repeat(100_000)],
    ['nested tables', '<table><tr><td>'.repeat(100_000)],
    ['divs closed by another name', '<div></span>'.repeat(100_000)],
    ['divs that a table keeps open', '<div><table></div></table>'.repeat(100_000)],
    ['formatting that every block opens again', '<font color=1><i><u><b><div></div>'.repeat(100_000)],
    ['formatting that every paragraph opens again', `${'<font><b><i>'.repeat(400)}${'<p>a</p>'.repeat(100_000)}`],
    ['paragraphs in objects', '<p><object>'.repeat(100_000)],
    ['items in other elements', '<li><center>'.repeat(100_000)],
    ['rows in svg', `<svg>${'<tr>'.repeat(100_000)}`],
    ['void elements in svg', `<svg>${'<area>'.repeat(100_000)}`],
    ['end tags that close nothing', `${'<span>'.repeat(1_900)}${'</x>'.repeat(500_000)}`],
    ['text moved out of a table', `<table>${'<b>a</b>'.repeat(200_000)}`],
    ['divs behind a comment ended by --!>', `<!-- --!>${DIVS}`],
    ['divs behind a bogus end tag', `</ <!-- >${DIVS}`],
    ['divs behind CDATA in svg', `<svg><![CDATA[><!-- ]]></svg>${DIVS}`],
    ['divs behind a style that svg was said to hold', `<svg><div><style><!--</style>${DIVS}`],
    ['divs behind a style in a select', `<select><style></select>${DIVS}`],
    ['divs behind a script in a script', `<script><!--<script></script><!--</script>${DIVS}`],
  ])('refuses %s', (_, source) => {
    expect(() => parseMail(source)).toThrow(TooComplex);
  });

  it('refuses formatting that is opened again too often, though never deep', () => {
    const fonts = Array.from({ length: 300 }, (_, i) => `<font size=${i}>`).join('');
    expect(() => parseMail(`<p>${fonts}</p>${'<p>a</p>'.repeat(500)}`)).not.toThrow();
    expect(() => parseMail(`<p>${fonts}</p>${'<p>a</p>'.repeat(1_000)}`)).toThrow(/opened again/);
  });

  it('refuses nested divs in a conditional comment when its links are looked for', () => {
    const mail = parseMail(`<!--[if mso]><a href=x>t</a>${DIVS}<![endif]-->`);
    expect(() => findLinks(mail)).toThrow(TooComplex);
  });

  it.each([
    ['5,000 rows whose cells, paragraphs and items are not closed', '<tr><td><p>a<li>b'.repeat(5_000)],
    ['the same in a table', `<table>${'<tr><td><p>a<li>b'.repeat(5_000)}</table>`],
    ['100,000 links', '<p><a href="https://example.com/">a</a></p>'.repeat(100_000)],
    ['20,000 unclosed links', '<p><a href="https://example.com/">a</p>'.repeat(20_000)],
    ['20,000 misnested tags', '<b><i>a</b></i>'.repeat(20_000)],
    ['1,900 nested divs', `${'<div>'.repeat(1_900)}a${'</div>'.repeat(1_900)}`],
    ['a tag with 1,000 attributes', `<p ${Array.from({ length: 1_000 }, (_, i) => `a${i}`).join(' ')}>`],
    ['5,000 paths in svg', `<svg>${'<path d="M0 0"/>'.repeat(5_000)}</svg>`],
    ['20,000 tables that close each other', '<table>'.repeat(20_000)],
    ['100,000 less-than signs', '<'.repeat(100_000)],
    ['a megabyte of text', 'a '.repeat(500_000)],
    ['nothing', ''],
  ])('takes %s', (_, source) => {
    expect(childNamed(parseMail(source).document, 'html')).toBeDefined();
  });

  it.each(MAIL_NAMES)('takes %s fifty times over', (name) => {
    expect(childNamed(parseMail(readMail(name).repeat(50)).document, 'html')).toBeDefined();
  });

  it('reads noscript as clients do, which run no scripts', () => {
    expect(wordsOf('<body><noscript><b>a</b></noscript>')).toEqual([
      'root',
      'html',
      'head',
      'body',
      'noscript',
      'b',
      'a',
    ]);
  });
});

describe('a byte order mark', () => {
  it('leaves the head of a mail its head', () => {
    expect(wordsOf('\ufeff<!doctype html><title>t</title><body>a')).toEqual([
      'root',
      '!doctype',
      'html',
      'head',
      'title',
      't',
      'body',
      'a',
    ]);
  });
});

describe('walk', () => {
  it('visits every node once, in tree order', () => {
    expect(wordsOf('<p>a<b>c</b>d</p><i></i><template><u>e</u></template>')).toEqual([
      'root',
      'html',
      'head',
      'body',
      'p',
      'a',
      'b',
      'c',
      'd',
      'i',
      'template',
      'root',
      'u',
      'e',
    ]);
  });
});
