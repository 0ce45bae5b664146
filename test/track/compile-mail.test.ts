import { describe, expect, it } from 'vitest';
import type { MailNoteCode } from '../../src/track/mail-notes.ts';
import { BASE_URL, readMail, testTracker, trackedUrls } from '../support/mails.ts';

const tracker = testTracker();

function compile(html: string, pixel?: 'top' | 'bottom' | 'placeholder' | 'none') {
  return tracker.compile(html, { message: 'spring-sale', pixel });
}

function codesOf(html: string): readonly MailNoteCode[] {
  return compile(html).notes.map((note) => note.code);
}

const DIVS = `<a href="https://example.com/">t</a>${'<div>'.repeat(100_000)}`;

describe('links', () => {
  it('have index, destination, name, line and column', () => {
    const html =
      '<p>\r\n<a href="https://example.com/a?b=1&amp;c=2">Read  more</a>\r\n <A\nHREF=HTTP://Example.com/b><img alt=B></A>';
    expect(compile(html).links).toEqual([
      { index: 0, destination: 'https://example.com/a?b=1&c=2', name: 'Read more', line: 2, column: 1 },
      { index: 1, destination: 'http://example.com/b', name: 'B', line: 3, column: 2 },
    ]);
  });

  it('share an index with their Outlook twin and take name and place of the one everybody sees', () => {
    const html = [
      '<!--[if mso]><v:roundrect href="https://example.com/a">Outlook<![endif]-->',
      '<!--[if !mso]><!--><a href="https://example.com/a">Everybody</a><!--<![endif]-->',
      '<a href="https://example.com/b">b</a>',
    ].join('\n');
    const mail = compile(html);
    expect(mail.links.map(({ index, name, line }) => ({ index, name, line }))).toEqual([
      { index: 0, name: 'Everybody', line: 2 },
      { index: 1, name: 'b', line: 3 },
    ]);
    const urls = trackedUrls(mail.render('r').html).map(({ url }) => url);
    expect(urls).toHaveLength(3);
    expect(urls[0]).toBe(urls[1]);
    expect(urls[2]).not.toBe(urls[1]);
  });

  it('to one URL stay two', () => {
    const mail = compile('<a href="https://example.com/">a</a><a href="https://example.com/">b</a>');
    expect(mail.links.map(({ index, name }) => `${index} ${name}`)).toEqual(['0 a', '1 b']);
    expect(new Set(trackedUrls(mail.render('r').html).map(({ url }) => url)).size).toBe(2);
  });

  it.each([
    ['double-quoted', 'https://ugly.example/double'],
    ['&amp;', 'https://ugly.example/amp?a=1&b=2'],
    ['bare &', 'https://ugly.example/bare-amp?a=1&b=2&copy=3'],
    ['&#38;', 'https://ugly.example/decimal?a=1&b=2'],
    ['&#x26;', 'https://ugly.example/hex?a=1&b=2'],
    ['blanks round the URL', 'https://ugly.example/blanks'],
    ['a line break in the URL', 'https://ugly.example/folded'],
    ['upper-case scheme and host', 'https://ugly.example/Upper-Scheme'],
    ['marks', "https://ugly.example/marks/'()[]|,;x"],
    ['no scheme', 'https://ugly.example/no-scheme'],
    ['relative to the base', 'https://www.tidewater.example/shop/sale?colour=blue'],
    ['twice: the first counts', 'https://ugly.example/first'],
    ['a name that is not ASCII', 'https://xn--bcher-kva.example/stra%C3%9Fe'],
    ['never closed', 'https://ugly.example/unclosed'],
  ])('of the mail of ugly hrefs: “%s” leads to %s', (name, destination) => {
    const links = compile(readMail('ugly-hrefs.html')).links.filter((link) => link.name === name);
    expect(links.map((link) => link.destination)).toEqual([destination]);
  });

  it('have the longest tracked URL that gateways bear, and none longer', () => {
    const html = (chars: number) => `<a href="https://example.com/${'a'.repeat(chars)}">t</a>`;
    const mail = (chars: number) => tracker.compile(html(chars), { message: 'm', pixel: 'none', recipientBytes: 12 });
    const longest = Array.from({ length: 400 }, (_, i) => 1_000 + i).findLast(
      (chars) => mail(chars).links.length === 1,
    );
    const [url] = trackedUrls(mail(longest ?? 0).render('r'.repeat(12)).html);
    expect(url?.url.length).toBeLessThanOrEqual(2_000);
    expect(url?.url.length).toBeGreaterThan(1_990);
    expect(mail((longest ?? 0) + 1).notes.map((note) => note.code)).toEqual(['tracked-url-too-long']);
  });
});

describe('notes', () => {
  it.each<readonly [string, string, readonly MailNoteCode[]]>([
    ['nothing', '<a href="https://example.com/">t</a>', []],
    ['an opted-out link', '<a href="https://example.com/" clicktracking=off>t</a>', ['opted-out']],
    ['a merge tag', '<a href="{{ url }}">t</a>', ['merge-tag']],
    ['a fragment', '<a href="#top">t</a>', ['fragment']],
    ['an address of another kind', '<a href="mailto:a@b.example">t</a>', ['not-http']],
    ['a relative link', '<a href="sale">t</a>', ['relative']],
    ['an empty link', '<a href="">t</a>', ['empty-href']],
    ['our own link', `<a href="${BASE_URL}/c/a/b">t</a>`, ['own-link']],
    ['a way out', '<a href="https://example.com/">Unsubscribe</a>', ['unsubscribe-link']],
    ['a secret', '<a href="https://example.com/verify?token=a">t</a>', ['secret-link']],
    ['a malformed destination', '<a href="https://a@b">t</a>', ['malformed-destination']],
    ['an over-long destination', `<a href="https://example.com/${'a'.repeat(1_900)}">t</a>`, ['tracked-url-too-long']],
    ['a style sheet', '<link href="https://example.com/a.css"><p>a', ['not-a-link']],
    ['a base', '<base href="https://example.com/"><p>a', ['not-a-link']],
    ['a form', '<form action="https://example.com/">a</form>', ['not-a-link']],
    [
      'an opted-out link in a conditional comment',
      '<!--[if mso]><a href="https://example.com/" ses:no-track>t</a><![endif]-->',
      ['opted-out'],
    ],
    ['a frameset', '<frameset><frame></frameset>', ['no-pixel-place']],
    ['a large mail', `<p>${'a'.repeat(102_000)}`, ['gmail-clip']],
    [
      'headers before it',
      'From: a@b.example\nContent-Type: text/html\n\n<a href="https://a.example/">',
      ['whole-message'],
    ],
    ['too many attributes', `<p ${'a '.repeat(1_001)}>`, ['too-complex']],
  ])('speak of %s', (_, html, codes) => {
    expect(codesOf(html)).toEqual(codes);
  });

  it('say where, how bad and why, in source order', () => {
    const { notes } = compile('<a href="">a</a>\n <a href="#b">b</a><a href="https://a@b">c</a>\n<link href=d>');
    expect(notes.map(({ code, severity, line, column }) => `${code} ${severity} ${line}:${column}`)).toEqual([
      'empty-href warning 1:1',
      'fragment info 2:2',
      'malformed-destination error 2:20',
      'not-a-link info 3:1',
    ]);
    for (const note of notes) expect(note.message).toMatch(/^left alone: [a-z<].+[^.]$/);
  });

  it('are sorted in every sample mail', () => {
    for (const name of ['ugly-hrefs.html', 'newsletter.html', 'receipt.html']) {
      const places = compile(readMail(name)).notes.map(({ line, column }) => line * 1_000_000 + column);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
  });

  it('warn near the size at which Gmail cuts, counting what tracking adds', () => {
    const start = '<body><a href="https://example.com/größe">é</a>';
    const end = '</body>';
    const size = (bytes: number) => start + 'a'.repeat(bytes - Buffer.byteLength(start + end)) + end;
    const added = compile(size(50_000)).bytesAdded;
    expect(codesOf(size(102_000 - added - 1))).toEqual([]);
    expect(codesOf(size(102_000 - added))).toEqual(['gmail-clip']);
    expect(compile(size(102_000 - added)).notes[0]?.message).toContain('102,000');
  });

  it('leave the receipt’s password link and address alone', () => {
    expect(codesOf(readMail('receipt.html'))).toEqual(['not-http', 'secret-link']);
  });
});

describe('a mail that would stall the parser', () => {
  it.each([
    ['1,001 attributes', `<p ${'a '.repeat(1_001)}><a href="https://example.com/">t</a>`],
    ['nested divs', DIVS],
    ['nested divs in a conditional comment', `<!--[if mso]>${DIVS}<![endif]-->`],
    ['divs closed by another name', `<a href="https://example.com/">t</a>${'<div></span>'.repeat(100_000)}`],
    [
      'divs that a table keeps open',
      `<a href=https://example.com/>t</a>${'<div><table></div></table>'.repeat(50_000)}`,
    ],
    ['reopened formatting', `<a href="https://example.com/">t</a>${'<font><i><b><div></div>'.repeat(50_000)}`],
  ])('stays as it was, byte for byte: %s', (_, html) => {
    const mail = tracker.compile(html, { message: 'm', text: 'https://example.com/' });
    expect(mail.notes).toHaveLength(1);
    expect(mail.notes[0]).toMatchObject({ code: 'too-complex', severity: 'error', line: 1, column: 1 });
    expect(mail.notes[0]?.message).toMatch(/^left as it was: .+/);
    expect(mail.links).toEqual([]);
    expect(mail.bytesAdded).toBe(0);
    expect(mail.render('r').html === html).toBe(true);
    expect(mail.render('r').text).toBe('https://example.com/');
  });

  it('is none with 5,000 rows whose cells, paragraphs and items are not closed', () => {
    const html = `<table>${'<tr><td><p>a<li><a href="https://example.com/">b</a>'.repeat(5_000)}</table>`;
    expect(compile(html).links).toHaveLength(5_000);
    expect(codesOf(html)).toEqual(['gmail-clip']);
  });
});

describe('the pixel', () => {
  it('is a visible image of one by one, with nothing that delays or hides it', () => {
    const { html } = compile('<body>a').render('r');
    expect(html).toMatch(
      /^<body><img src="[a-z:/.]+\/o\/[a-z2-7]+\.gif" width="1" height="1" alt="" border="0" style="display:block;width:1px;height:1px;border:0">a$/,
    );
    expect(html).not.toMatch(/loading|display:none|visibility|opacity/);
  });

  it('stands where it is asked for', () => {
    const marked = (pixel: 'top' | 'bottom' | 'placeholder' | 'none') =>
      compile('<body>a<!--telltale:pixel-->b</body>', pixel)
        .render('r')
        .html.replace(/<img[^>]*>/, '|');
    expect(marked('top')).toBe('<body>|a<!--telltale:pixel-->b</body>');
    expect(marked('bottom')).toBe('<body>a<!--telltale:pixel-->b|</body>');
    expect(marked('placeholder')).toBe('<body>a<!--telltale:pixel-->|b</body>');
    expect(marked('none')).toBe('<body>a<!--telltale:pixel-->b</body>');
  });

  it('is missed in a note unless none was asked for', () => {
    expect(compile('<body>a</body>', 'placeholder').notes.map((note) => note.code)).toEqual(['no-pixel-place']);
    expect(compile('<body>a</body>', 'none').notes).toEqual([]);
  });
});
