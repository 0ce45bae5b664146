import { describe, expect, it } from 'vitest';
import { findPixelPlaces, type PixelPlacement } from '../../src/html/find-pixel-places.ts';
import { parseMail } from '../../src/html/parse-mail.ts';

/** The source with `|` where the pixel goes. */
function mark(source: string, placement: PixelPlacement): string {
  const places = findPixelPlaces(parseMail(source), placement);
  const ends = [...places, source.length];
  return ends.map((end, at) => source.slice(at === 0 ? 0 : ends[at - 1], end)).join('|');
}

describe('findPixelPlaces', () => {
  it.each([
    ['directly behind the body tag', '<html><body bgcolor=#fff>|\n<p>a</body></html>'],
    ['behind a body tag with > in an attribute', '<body title="2 > 1">|a'],
    ['behind an upper-case body tag', '<BODY>|a</BODY>'],
    ['before the first element of a body without tag', '<!doctype html><title>t</title>\n|<p>a'],
    ['before the first text of a body without tag', '\r\n|a<p>b'],
    ['before a reference that begins the text', '\n|&nbsp;<p>a'],
    ['before a reference without semicolon', ' |&copyx'],
    ['before a numeric reference', ' |&#x1f600;x'],
    ['before an astral character', ' |😀'],
    ['before a lone less-than sign', ' |<3'],
    ['behind a byte order mark', '\ufeff|a'],
    ['behind the body tag of a mail with a byte order mark', '\ufeff<!doctype html><html><body>|a'],
    ['before the content when the body tag comes too late', '|<p>a<body>b'],
    ['before a table at the start', '|<table><tr><td>a</table>'],
    ['before text that is moved out of a table', '|<table>a<tr><td>b</table>'],
    ['in an empty mail', '|'],
    ['at the end of a mail of comments', '<!-- a -->|'],
    ['at the end of a mail with a head only', '<title>t</title>|'],
    ['behind the body tag where nothing follows', '<body>|'],
  ])('top: %s', (_, marked) => {
    expect(mark(marked.replace('|', ''), 'top')).toBe(marked);
  });

  it.each([
    ['before the end of the body', '<html><body>a|</body></html>'],
    ['before an upper-case end of the body', '<BODY>a|</BODY>'],
    ['at the end where no end tag is', '<body><p>a|'],
    ['at the end where the end tag stands in a table', '<body><table><tr><td>a</body>|'],
    ['at the end of an empty mail', '|'],
  ])('bottom: %s', (_, marked) => {
    expect(mark(marked.replace('|', ''), 'bottom')).toBe(marked);
  });

  it('both: at both ends', () => {
    expect(mark('<body>a</body>', 'both')).toBe('<body>|a|</body>');
  });

  it.each([
    ['an unclosed comment', '<body>a<!-- b'],
    ['an unclosed title', '<title>a'],
    ['an unclosed style', '<p>a<style>b'],
    ['an unclosed textarea', '<p>a<textarea>b'],
    ['an unclosed attribute', '<p>a<p title="b'],
    ['an unclosed tag', '<p>a<p '],
    ['an unclosed script', '<p>a<script>b'],
    ['a plaintext element', '<p>a<plaintext>b'],
    ['an unclosed select', '<p>a<select><option>b'],
  ])('bottom: nowhere within %s', (_, source) => {
    expect(findPixelPlaces(parseMail(source), 'bottom')).toEqual([]);
  });

  it.each(['top', 'bottom', 'both'] as const)('%s: nowhere in a frameset', (placement) => {
    expect(findPixelPlaces(parseMail('<frameset><frame src=a></frameset>'), placement)).toEqual([]);
  });

  it.each([
    ['<body>a<!--telltale:pixel-->|b'],
    ['<body>a<!-- telltale:pixel -->|b<!-- telltale:pixel -->'],
    ['<body><table><!--telltale:pixel-->|<tr><td>b</table>'],
  ])('placeholder: behind the first of its comments in %s', (marked) => {
    expect(mark(marked.replace('|', ''), 'placeholder')).toBe(marked);
  });

  it.each([
    ['no comment', '<body>a'],
    ['a comment that says more', '<body><!-- telltale:pixel here -->'],
    ['a comment in a title', '<title><!--telltale:pixel--></title><body>a'],
  ])('placeholder: nowhere with %s', (_, source) => {
    expect(findPixelPlaces(parseMail(source), 'placeholder')).toEqual([]);
  });

  it('none: nowhere', () => {
    expect(findPixelPlaces(parseMail('<body>a</body>'), 'none')).toEqual([]);
  });
});
