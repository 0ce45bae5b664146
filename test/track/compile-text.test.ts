import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyRing } from '../../src/token/key-ring.ts';
import { openLinkToken } from '../../src/token/link-token.ts';
import { testRing } from '../support/keys.ts';
import { BASE_URL, testTracker, trackedUrls } from '../support/mails.ts';

const tracker = testTracker();
const key = createKeyRing(testRing()).signing();

function render(text: string, html = '<p>a'): string {
  return tracker.compile(html, { message: 'm', text }).render('r').text ?? '';
}

/** The text with `[destination]` for each tracked URL. */
function opened(text: string, html?: string): string {
  const rendered = render(text, html);
  return trackedUrls(rendered).reduce((marked, { url, l }) => {
    const link = openLinkToken(key, 'm', l);
    return marked.replace(url, `[${link.ok ? link.link.destination : link.reason}]`);
  }, rendered);
}

describe('the text part', () => {
  it.each([
    ['a URL', 'See https://example.com/a.', 'See [https://example.com/a].'],
    [
      'URLs in brackets',
      '(https://example.com/a) <https://example.com/b>',
      '([https://example.com/a]) <[https://example.com/b]>',
    ],
    ['a URL in typographic quotes', '„https://example.com/a“', '„[https://example.com/a]“'],
    ['a URL at the end of a line', 'https://example.com/a\r\nb', '[https://example.com/a]\r\nb'],
    ['a URL outside ASCII', 'https://bücher.example/', '[https://xn--bcher-kva.example/]'],
  ])('has %s wrapped and the rest kept', (_, text, expected) => {
    expect(opened(text)).toBe(expected);
  });

  it.each([
    ['a merge tag', 'https://example.com/{{name}}'],
    ['a way out on the same line', 'Unsubscribe: https://example.com/a'],
    ['a way out behind it', 'https://example.com/a to unsubscribe'],
    ['a way out in the URL', 'https://example.com/unsubscribe/a'],
    ['a secret', 'https://example.com/verify?token=a'],
    ['userinfo', 'https://a:b@example.com/'],
    ['our own link', `${BASE_URL}/u/abc`],
    ['another scheme', 'ftp://example.com/a'],
    ['an over-long URL', `https://example.com/${'a'.repeat(1_900)}`],
    ['no URL', 'Hello'],
  ])('is left alone with %s', (_, text) => {
    expect(render(text)).toBe(text);
  });

  it('wraps a URL on the line after a way out', () => {
    expect(opened('Unsubscribe below.\nhttps://example.com/a')).toBe('Unsubscribe below.\n[https://example.com/a]');
  });

  it('gives a URL the index of its link in the HTML, and others the next ones', () => {
    const html =
      '<a href="https://example.com/a">a</a><a href="https://example.com/b">b</a><a href="https://example.com/a">c</a>';
    const mail = tracker.compile(html, {
      message: 'm',
      text: 'https://example.com/c https://example.com/b https://example.com/a https://example.com/c https://example.com/d',
    });
    const indexes = trackedUrls(mail.render('r').text ?? '').map(({ l }) => {
      const link = openLinkToken(key, 'm', l);
      return link.ok ? link.link.index : link.reason;
    });
    expect(indexes).toEqual([3, 1, 0, 3, 4]);
    expect(mail.links.map(({ index, destination }) => `${index} ${destination}`)).toEqual([
      '0 https://example.com/a',
      '1 https://example.com/b',
      '2 https://example.com/a',
      '3 https://example.com/c',
      '4 https://example.com/d',
    ]);
  });

  it('is absent when the mail was compiled without one, and empty when it was empty', () => {
    expect(tracker.compile('<p>', { message: 'm' }).render('r').text).toBeUndefined();
    expect(tracker.compile('<p>', { message: 'm', text: '' }).render('r').text).toBe('');
  });

  it('is the source itself without click tracking', () => {
    const text = 'See https://example.com/a.';
    expect(tracker.compile('<p>', { message: 'm', text, consent: { clicks: 'none' } }).render('r').text).toBe(text);
  });

  it('keeps every character outside its URLs, whatever it holds', () => {
    const piece = fc.constantFrom(
      'https://a.example/b',
      'http://c.example',
      '(',
      ')',
      '.',
      ' ',
      '\r\n',
      '😀',
      '“',
      '{{x}}',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        const rendered = render(text);
        const kept = rendered.split(/https:\/\/mail\.tidewater\.exa\/c\/[a-z2-7]+\/[a-z2-7]+/);
        let at = 0;
        for (const part of kept) {
          const found = text.indexOf(part, at);
          expect(found).toBeGreaterThanOrEqual(at);
          at = found + part.length;
        }
        expect(text.startsWith(kept[0] ?? '')).toBe(true);
        expect(text.endsWith(kept.at(-1) ?? '')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('takes one endless line of URLs', () => {
    const text = 'https://example.com/a '.repeat(20_000);
    expect(trackedUrls(render(text))).toHaveLength(20_000);
  });
});
