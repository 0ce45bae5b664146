import { describe, expect, it } from 'vitest';
import { warnOfLink, warnOfMail } from '../../src/html/find-warnings.ts';
import { parseMail } from '../../src/html/parse-mail.ts';

function codesOfLink(destination: string, text: string, trackingHost = 't.shop.example'): readonly string[] {
  return warnOfLink({ destination, text }, trackingHost).map((warning) => warning.code);
}

describe('warnOfLink', () => {
  it.each([
    ['https://shop.example/sale', 'Our sale', []],
    ['http://shop.example/sale', 'Our sale', ['http-destination']],
    ['https://xn--bcher-kva.example/', 'Books', ['non-ascii-host']],
    ['https://shop.example/sale', 'https://shop.example/sale', []],
    ['https://shop.example/sale', 'www.shop.example', []],
    ['https://shop.example/sale', 'https://bank.example/login', ['text-names-other-host']],
    ['https://shop.example/sale', 'bank.example', ['text-names-other-host']],
    ['https://shop.example/sale', 'see bank.example', []],
    ['https://shop.example/sale', 'Mr. Smith', []],
    ['https://shop.example/sale', 'e.g.', []],
  ])('of a link to %s that shows %j says %j', (destination, text, codes) => {
    expect(codesOfLink(destination, text)).toEqual(codes);
  });

  it('advises a tracking host below the domain that is shown', () => {
    const [warning] = warnOfLink(
      { destination: 'https://shop.example/', text: 'shop.example' },
      't.tracking.example.net',
    );
    expect(warning?.message).toContain('leads to t.tracking.example.net');
    expect(warning?.message).toContain('below the same domain');
  });

  it('reads a text of 100,000 characters at once', () => {
    expect(codesOfLink('https://shop.example/', 'a.'.repeat(50_000))).toEqual([]);
  });
});

describe('warnOfMail', () => {
  const of = (source: string, hrefs: { start: number; end: number }[] = []) =>
    warnOfMail(parseMail(source), hrefs).map(({ code, offset }) => `${code} ${offset}`);

  it.each([
    ['<html><body>a</body></html>', []],
    ['<p>a fragment', []],
    ['<html><body>a', ['no-body-end 6']],
    ['<p>Dear {{ name }}', ['merge-tags-left 8']],
    ['<p>{% if x %}y{% endif %}', ['merge-tags-left 3']],
    ['<p>*|FNAME|*', ['merge-tags-left 3']],
    ['<style>a{color:red}</style><p>50% {of} us', []],
  ])('of %j says %j', (source, warnings) => {
    expect(of(source)).toEqual(warnings);
  });

  it('leaves merge tags in hrefs to their own notes', () => {
    const source = '<a href="{{ a }}">x</a> {{ b }}';
    expect(of(source, [{ start: 9, end: 16 }])).toEqual(['merge-tags-left 24']);
    expect(of(source.slice(0, 24), [{ start: 9, end: 16 }])).toEqual([]);
  });
});
