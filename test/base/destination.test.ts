import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDestination, stripUrl } from '../../src/base/destination.ts';

describe('parseDestination', () => {
  it.each([
    ['https://example.com', 'https://example.com/'],
    ['http://example.com/a?b=c&d=e#f', 'http://example.com/a?b=c&d=e#f'],
    ['HTTPS://Example.COM/Path', 'https://example.com/Path'],
    ['https://example.com:443/', 'https://example.com/'],
    ['https://example.com:8443/', 'https://example.com:8443/'],
    ['https://bücher.example/straße', 'https://xn--bcher-kva.example/stra%C3%9Fe'],
    ['https://例え.テスト/', 'https://xn--r8jz45g.xn--zckzah/'],
    ['https://example.com/a b', 'https://example.com/a%20b'],
    ['https://example.com/%E2%80%AE', 'https://example.com/%E2%80%AE'],
    ['https://example.com/😀', 'https://example.com/%F0%9F%98%80'],
    ['https://example.com/@handle', 'https://example.com/@handle'],
    ['https://example.com/?mail=a@b.example', 'https://example.com/?mail=a@b.example'],
    ['https://example.com/#a@b', 'https://example.com/#a@b'],
    ["https://example.com/'()*!,;[]|", "https://example.com/'()*!,;[]|"],
    ['https://127.0.0.1/', 'https://127.0.0.1/'],
    ['https://[::1]/', 'https://[::1]/'],
  ])('takes %s as %s', (text, url) => {
    expect(parseDestination(text)).toEqual({ ok: true, url });
  });

  it.each([
    ['javascript:alert(1)', 'not-http'],
    ['JaVaScRiPt:alert(1)', 'not-http'],
    ['JaVa\tScript:alert(1)', 'control-character'],
    ['vbscript:x', 'not-http'],
    ['data:text/html,<script>', 'not-http'],
    ['blob:https://example.com/1', 'not-http'],
    ['file:///etc/passwd', 'not-http'],
    ['mailto:a@b.example', 'not-http'],
    ['//h', 'not-http'],
    ['/path', 'not-http'],
    ['', 'not-http'],
    ['example.com', 'not-http'],
    ['https:evil', 'not-http'],
    ['https:/evil', 'not-http'],
    [' https://example.com', 'not-http'],
    ['https://a@b', 'userinfo'],
    ['https://a:b@c', 'userinfo'],
    ['https://@b', 'userinfo'],
    ['https://:@b', 'userinfo'],
    ['https://a%40b@c', 'userinfo'],
    ['https://a\\@b', 'backslash'],
    ['https:\\\\evil', 'backslash'],
    ['https://example.com/a\\b', 'backslash'],
    ['https://example.com/\u202egnp.exe', 'bidi-character'],
    ['https://example.com/\u2066a\u2069', 'bidi-character'],
    ['https://example.com/\u200fa', 'bidi-character'],
    ['https://example.com/\u061ca', 'bidi-character'],
    ['https://example.com/\ud800', 'not-a-url'],
    ['https://example.com/\udc00x', 'not-a-url'],
    ['https://example.com/a\nSet-Cookie:b', 'control-character'],
    ['https://example.com/a\r', 'control-character'],
    ['https://example.com/\0', 'control-character'],
    ['https://example.com/\u0085', 'control-character'],
    ['https://', 'not-a-url'],
    ['https://exa mple.com', 'not-a-url'],
    ['https://example.com:99999/', 'not-a-url'],
    ['https://[::1', 'not-a-url'],
    ['https://%00/', 'not-a-url'],
  ])('refuses %j as %s', (text, reason) => {
    expect(parseDestination(text)).toEqual({ ok: false, reason });
  });

  it('takes 2,048 characters and no more', () => {
    const start = 'https://example.com/';
    expect(parseDestination(start + 'a'.repeat(2_048 - start.length)).ok).toBe(true);
    expect(parseDestination(start + 'a'.repeat(2_049 - start.length))).toEqual({ ok: false, reason: 'too-long' });
  });

  it('counts characters as they are requested', () => {
    expect(parseDestination(`https://example.com/${'é'.repeat(1_000)}`)).toEqual({ ok: false, reason: 'too-long' });
  });

  it('gives ASCII that reads as the same destination again', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
        const destination = parseDestination(text);
        if (!destination.ok) return;
        expect(destination.url).toMatch(/^https?:\/\/[\x21-\x7e]+$/);
        expect(parseDestination(destination.url)).toEqual(destination);
      }),
    );
  });

  it('never gives anything but a plain http or https URL, whatever comes', () => {
    const part = fc.constantFrom('https:', 'http:', '//', '/', '\\', '@', ':', 'a', '.', '%', '#', '?', '\t', ' ', '[');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const destination = parseDestination(parts.join(''));
        if (!destination.ok) return;
        const url = new URL(destination.url);
        expect(url.protocol).toMatch(/^https?:$/);
        expect(url.username + url.password).toBe('');
        expect(url.hostname).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('stripUrl', () => {
  it.each([
    ['  https://example.com  ', 'https://example.com'],
    ['\n\t https://example.com/a\r\n', 'https://example.com/a'],
    ['https://exam\nple.com/\ta', 'https://example.com/a'],
    ['\0https://example.com\u001f', 'https://example.com'],
    ['https://example.com/a b', 'https://example.com/a b'],
    ['\u00a0https://example.com', '\u00a0https://example.com'],
    [' \n ', ''],
    ['', ''],
  ])('strips %j to %j', (text, stripped) => {
    expect(stripUrl(text)).toBe(stripped);
  });

  it('strips what the URL parser strips', () => {
    const character = fc.constantFrom(' ', '\t', '\n', '\r', '\f', '\0', '\u001f', 'a', 'b');
    fc.assert(
      fc.property(fc.array(character), fc.array(character), (before, after) => {
        const text = `${before.filter((c) => c <= ' ').join('')}https://example.com/${after.join('')}`;
        expect(new URL(stripUrl(text)).href).toBe(new URL(text).href);
      }),
    );
  });
});
