import { describe, expect, it } from 'vitest';
import { describeLink } from '../../src/html/describe-link.ts';
import { findLinks } from '../../src/html/find-links.ts';
import { parseMail } from '../../src/html/parse-mail.ts';
import { readMail } from '../support/mails.ts';

/** The href values of the links, as they stand in the source. */
function valuesIn(source: string): readonly string[] {
  return findLinks(parseMail(source)).links.map(({ value }) => source.slice(value.start, value.end));
}

/** The hrefs of the links, as the parser reads them. */
function hrefsIn(source: string): readonly string[] {
  return findLinks(parseMail(source)).links.map((link) => link.href);
}

function kindsIn(source: string): readonly string[] {
  return findLinks(parseMail(source)).links.map((link) => link.kind);
}

describe('findLinks', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    ['a value with no blank behind it', '<a href="x"class="y">t</a>', ['x']],
    ['the first of two hrefs', '<a href="x" href="y">t</a>', ['x']],
    ['an unquoted value', '<a href=x>t</a>', ['x']],
    ['a single-quoted value', "<a href='x'>t</a>", ['x']],
    ['blanks round the equals sign', '<a href = "x">t</a>', ['x']],
    ['an upper-case name', '<A HREF="x">t</A>', ['x']],
    ['a slash in place of a blank', '<a/href="x">t</a>', ['x']],
    ['nothing in a bare href', '<a href>t</a>', []],
    ['nothing in an href without value', '<a href=>t</a>', []],
    ['nothing in an href that a slash cuts off', '<a href/="x">t</a>', []],
    [
      'a value with references, as it stands',
      '<a href="x?a=1&amp;b=2&copy=3&copy;">t</a>',
      ['x?a=1&amp;b=2&copy=3&copy;'],
    ],
    ['a value with blanks and breaks, as it stands', '<a href=" x\r\n\ty ">t</a>', [' x\r\n\ty ']],
    ['links that the parser has cloned, once', '<p><b><a href="x">t</b><p>u</a>', ['x']],
    ['an unclosed link that is opened again in each block, once', '<a href="x"><p>t<p>u<p>v', ['x']],
    ['a link in a link', '<a href="x">t<a href="y">u</a></a>', ['x', 'y']],
    [
      'links moved out of a table, in source order',
      '<table><tr><td><a href="x">t</a></td></tr><a href="y">u</a></table>',
      ['x', 'y'],
    ],
    ['a link in a table in a link', '<a href="x"><table><tr><td><a href="y">t</a></table></a>', ['x', 'y']],
    ['xlink:href in svg', '<svg><a xlink:href="x"></a></svg>', ['x']],
    ['href in svg', '<svg><a href="x"></a></svg>', ['x']],
    [
      'nothing where svg has href and xlink:href',
      '<svg><a href="x" xlink:href="y"></a><a xlink:href="x" href="y"></a></svg>',
      [],
    ],
    ['href beside xlink:href in HTML', '<a xlink:href="x" href="y">t</a>', ['y']],
    ['nothing in xlink:href in HTML', '<a xlink:href="x">t</a>', []],
    ['a link in noscript', '<noscript><a href="x">t</a></noscript>', ['x']],
    ['a link in noscript in the head', '<head><noscript><a href="x">t</a></noscript></head>', ['x']],
    ['a link in template', '<template><a href="x">t</a></template>', ['x']],
    ['a link in a template in a table', '<table><template><tr><td><a href="x">t</a></template></table>', ['x']],
    ['an area', '<map><area href="x"></map>', ['x']],
    ['VML outside comments', '<v:rect href="x">t</v:rect><V:RoundRect HREF="y">', ['x', 'y']],
    ['a link in a conditional comment', '<!--[if mso]><a href="x">t</a><![endif]-->', ['x']],
    ['an area in a conditional comment', '<!--[if mso]><area href="x"><![endif]-->', ['x']],
    ['VML in a conditional comment', '<!--[if mso]><v:roundrect href="x"><![endif]-->', ['x']],
    ['a link in cells opened in a conditional comment', '<!--[if mso]><tr><td><a href=x>t</a></td><![endif]-->', ['x']],
    ['conditions with operators', '<!--[if (gte mso 9)|(IE)]><a href="x">t</a><![endif]-->', ['x']],
    ['an upper-case condition', '<!--[IF MSO]><a href="x">t</a><![ENDIF]-->', ['x']],
    [
      'a condition within a condition',
      '<!--[if mso]><!--[if gte mso 9]><a href="x">t</a><![endif]--><![endif]-->',
      ['x'],
    ],
    ['the far side of a condition', '<!--[if !mso]><!--><a href="x">t</a><!--<![endif]-->', ['x']],
    ['the far side of a revealed condition', '<![if !mso]><a href="x">t</a><![endif]>', ['x']],
    [
      'both sides of a button',
      '<!--[if mso]><v:rect href="x"><![endif]--><!--[if !mso]><!--><a href="x">t</a><!--<![endif]-->',
      ['x', 'x'],
    ],
    ['nothing in an ordinary comment', '<!-- <a href="x">t</a> -->', []],
    ['nothing in a comment that is almost conditional', '<!-- [if mso]><a href="x">t</a><![endif]-->', []],
    ['nothing in an unclosed comment', '<!-- <a href="x">t</a>', []],
    ['nothing in a style', '<style><a href="x">t</a></style>', []],
    ['nothing in a title', '<title><a href="x">t</a></title>', []],
    ['nothing in a textarea', '<textarea><a href="x">t</a></textarea>', []],
    ['nothing in an unclosed title', '<title><a href="x">t</a>', []],
    ['nothing in a script', '<script>"<a href=x>"</script>', []],
    ['nothing in plaintext', '<plaintext><a href="x">t</a>', []],
    ['nothing in a select', '<select><a href="x">t</a></select>', []],
    ['nothing in other attributes', '<a data-href="x" title="href=y">t</a>', []],
    ['nothing in elements that are no links', '<p href="x"><div href="x"><o:p href="x">', []],
    ['nothing in a tag that never ends', '<a href="x"', []],
    ['nothing in an empty mail', '', []],
  ];

  it.each(cases)('finds %s', (_, source, values) => {
    expect(valuesIn(source)).toEqual(values);
  });

  it.each([
    ['a byte order mark', '\ufeff'],
    ['astral characters', '😀😀'],
    ['CR LF', '\r\n\r\n'],
    ['lone CR', '\r\r'],
    ['NUL', '\0\0'],
    ['a lone surrogate', '\ud800'],
    ['references', '&nbsp;&#x1f600;'],
  ])('is not led astray by %s before a link', (_, before) => {
    const outside = `${before}<p>${before}<a title="${before}" href="x">t</a>`;
    const inside = `${before}<!--[if mso]>${before}<p><a title="${before}" href="y">t</a><![endif]-->`;
    expect(valuesIn(outside + inside)).toEqual(['x', 'y']);
  });

  it('takes what follows a quote that is never closed for the value', () => {
    expect(hrefsIn(`<a href="x>t</a><p>${'u'.repeat(50)}"></a>`)).toEqual([`x>t</a><p>${'u'.repeat(50)}`]);
  });

  it('decodes references as clients do', () => {
    expect(hrefsIn('<a href="x?a=1&amp;b=2&#38;c=3&#x26;d&copy=3&szlig;">t</a>')).toEqual(['x?a=1&b=2&c=3&d&copy=3ß']);
  });

  it('goes eight conditions deep and no further', () => {
    const nest = (depth: number) => `${'<!--[if mso]>'.repeat(depth)}<a href="x">t</a><![endif]-->`;
    expect(valuesIn(nest(8))).toEqual(['x']);
    expect(valuesIn(nest(9))).toEqual([]);
  });

  it('tells what everyone sees from what Outlook alone sees', () => {
    expect(kindsIn('<a href="x">t</a><map><area href="x"></map>')).toEqual(['html', 'html']);
    expect(kindsIn('<!--[if mso]><a href="x">t</a><v:rect href="x"><![endif]-->')).toEqual(['outlook', 'vml']);
    expect(kindsIn('<!--[if !mso]><!--><a href="x">t</a><!--<![endif]-->')).toEqual(['html']);
    expect(kindsIn('<v:rect href="x">')).toEqual(['vml']);
  });

  it('places a link at its tag', () => {
    const source = '<p>\n<a class="b"\n href="x">t</a><!--[if mso]>\n<a href="y">t</a><![endif]-->';
    expect(findLinks(parseMail(source)).links.map((link) => source.slice(link.start, link.start + 3))).toEqual([
      '<a ',
      '<a ',
    ]);
  });

  it.each([
    ['no base', '<a href="x">', undefined],
    ['the base', '<base href="https://example.com/"><a href="x">', 'https://example.com/'],
    ['the first base that has an href', '<base target="_blank"><base href="y"><base href="z">', 'y'],
    ['no base from a conditional comment', '<!--[if mso]><base href="y"><a href="x"><![endif]-->', undefined],
  ])('reads %s', (_, source, baseHref) => {
    expect(findLinks(parseMail(source)).baseHref).toBe(baseHref);
  });

  it('lists addresses that are no links', () => {
    const source = '<link href="a.css"><base href="https://example.com/"><form action="x"></form><form></form>';
    expect(findLinks(parseMail(source)).others).toEqual([
      { element: 'link', start: 0 },
      { element: 'base', start: source.indexOf('<base') },
      { element: 'form', start: source.indexOf('<form') },
    ]);
  });
});

describe('in the mail of ugly hrefs', () => {
  const source = readMail('ugly-hrefs.html');
  const found = findLinks(parseMail(source)).links.map(({ value, element }) => ({
    name: describeLink(element).name,
    value: source.slice(value.start, value.end),
  }));

  it.each([
    ['double-quoted', 'https://ugly.example/double'],
    ['single-quoted', 'https://ugly.example/single'],
    ['unquoted', 'https://ugly.example/unquoted'],
    ['unquoted, ending in a slash', 'https://ugly.example/unquoted/'],
    ['blanks round the sign', 'https://ugly.example/blanks-round-the-sign'],
    ['upper case', 'https://ugly.example/upper-case'],
    ['several lines', 'https://ugly.example/several-lines'],
    ['a > inside an attribute before it', 'https://ugly.example/greater-than'],
    ['no blank behind it', 'https://ugly.example/no-blank'],
    ['a slash for a blank', 'https://ugly.example/slash'],
    ['&amp;', 'https://ugly.example/amp?a=1&amp;b=2'],
    ['bare &', 'https://ugly.example/bare-amp?a=1&b=2&copy=3'],
    ['&#38;', 'https://ugly.example/decimal?a=1&#38;b=2'],
    ['&#x26;', 'https://ugly.example/hex?a=1&#x26;b=2'],
    ['blanks round the URL', '  https://ugly.example/blanks  '],
    ['a line break in the URL', 'https://ugly.example/\n\tfolded'],
    ['upper-case scheme and host', 'HTTPS://Ugly.Example/Upper-Scheme'],
    ['marks', "https://ugly.example/marks/'()[]|,;x"],
    ['a fragment', 'https://ugly.example/fragment?q=1#place'],
    ['plain http', 'http://ugly.example/plain-http'],
    ['no scheme', '//ugly.example/no-scheme'],
    ['relative to the base', 'sale?colour=blue'],
    ['beside a data-href', 'https://ugly.example/beside-a-decoy'],
    ['twice: the first counts', 'https://ugly.example/first'],
    ['a name that is not ASCII', 'https://b&#xfc;cher.example/stra&szlig;e'],
    ['a merge tag in the query', 'https://ugly.example/tag?n={{ name }}'],
    ['a merge tag alone', '{{ url }}'],
    ["another engine's", '*|UNSUB|*'],
    ['mailto', 'mailto:hello@tidewater.example'],
    ['tel', 'tel:+441326555010'],
    ['a place', '#top'],
    ['script', 'javascript:void(0)'],
    ['empty', ''],
    ['userinfo', 'https://user:secret@ugly.example/'],
    ['backslashes', 'https:\\\\ugly.example\\back'],
    ['opted out', 'https://ugly.example/off'],
    ['opted out, too', 'https://ugly.example/ses'],
    ['an area', 'https://ugly.example/area'],
    ['noscript', 'https://ugly.example/noscript'],
    ['VML', 'https://ugly.example/vml'],
    ['for Outlook', 'https://ugly.example/mso'],
    ['not for Outlook', 'https://ugly.example/not-mso'],
    ['in a table, outside its cells', 'https://ugly.example/foster'],
    ['nested', 'https://ugly.example/outer'],
    ['links', 'https://ugly.example/inner'],
    ['misnested', 'https://ugly.example/misnested'],
    ['never closed', 'https://ugly.example/unclosed'],
  ])('finds the link “%s”', (name, value) => {
    expect(found.filter((link) => link.name === name)).toEqual([{ name, value }]);
  });

  it.each([['svg', 'https://ugly.example/svg']])('finds the link in %s, which has no name', (_, value) => {
    expect(found).toContainEqual({ name: '', value });
  });

  it.each(['comment', 'textarea', 'form', 'decoy', 'second'])('finds no link in the %s', (path) => {
    expect(found.map((link) => link.value)).not.toContain(`https://ugly.example/${path}`);
  });

  it('finds no other links', () => {
    expect(found).toHaveLength(48);
  });
});
