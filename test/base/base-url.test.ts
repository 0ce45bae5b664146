import { describe, expect, it } from 'vitest';
import { chooseBaseUrl, parseBaseUrl, parseBaseUrls } from '../../src/base/base-url.ts';
import { thrownBy } from '../support/thrown.ts';

describe('parseBaseUrl', () => {
  it.each([
    ['https://t.example.com', 'https://t.example.com'],
    ['https://t.example.com/', 'https://t.example.com'],
    ['https://example.com/mail', 'https://example.com/mail'],
    ['https://example.com/mail/', 'https://example.com/mail'],
    ['https://example.com/a_b-c.d/E1', 'https://example.com/a_b-c.d/E1'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080/', 'http://[::1]:8080'],
    ['HTTPS://T.Example.COM:443/', 'https://t.example.com'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://example.com/a/../b', 'https://example.com/b'],
  ])('reads %s as %s', (text, url) => {
    expect(parseBaseUrl(text)).toBe(url);
  });

  it.each([
    ['nothing', undefined, 'none came'],
    ['null', null, 'none came'],
    ['a number', 8080, 'none came'],
    ['the empty text', '', 'none came'],
    ['blanks', '  ', 'none came'],
    ['a bare host', 't.example.com', 'does not begin with https://'],
    ['a host with a port', 't.example.com:8080', 'does not begin with https://'],
    ['no scheme', '//t.example.com', 'does not begin with https://'],
    ['another scheme', 'ftp://t.example.com', 'does not begin with https://'],
    ['a script', 'javascript:alert(1)', 'does not begin with https://'],
    ['a scheme without slashes', 'https:t.example.com', 'does not begin with https://'],
    ['a blank before it', ' https://t.example.com', 'does not begin with https://'],
    ['no host', 'https://', 'is not a URL'],
    ['a port that is none', 'https://t.example.com:http', 'is not a URL'],
    ['a blank in the host', 'https://t example.com', 'is not a URL'],
    ['a user name', 'https://me@t.example.com', 'user name or password'],
    ['a password', 'https://me:pass@t.example.com', 'user name or password'],
    ['a query', 'https://t.example.com/?a=1', 'query'],
    ['an empty query', 'https://t.example.com/?', 'query'],
    ['a fragment', 'https://t.example.com/#top', 'fragment'],
    ['an empty fragment', 'https://t.example.com/#', 'fragment'],
    ['a blank in the path', 'https://t.example.com/a b', 'path'],
    ['an escape in the path', 'https://t.example.com/a%20b', 'path'],
    ['a semicolon in the path', 'https://t.example.com/a;b', 'path'],
    ['a letter outside ASCII in the path', 'https://t.example.com/é', 'path'],
    ['a doubled slash in the path', 'https://t.example.com/a//b', 'path'],
  ])('refuses %s', (_, text, problem) => {
    const error = thrownBy(() => parseBaseUrl(text));
    expect(error.code).toBe('INVALID_BASE_URL');
    expect(error.message).toContain(problem);
    expect(error.message).toContain('TELLTALE_BASE_URL');
  });

  it('does not repeat a password in its message', () => {
    expect(thrownBy(() => parseBaseUrl('https://me:hunter2@t.example.com')).message).not.toContain('hunter2');
  });
});

describe('several base URLs', () => {
  const own = parseBaseUrls('https://t.example.com', ['https://news.example/m/', 'https://t.example.com/']);

  it('are kept once each, the first one first', () => {
    expect(own).toEqual(['https://t.example.com', 'https://news.example/m']);
  });

  it('are chosen by any spelling of them, the first without a word', () => {
    expect(chooseBaseUrl(own, 'HTTPS://News.Example/m/')).toBe('https://news.example/m');
    expect(chooseBaseUrl(own, undefined)).toBe('https://t.example.com');
  });

  it.each(['https://other.example', 'https://news.example', 'http://t.example.com'])('refuse %s', (url) => {
    const error = thrownBy(() => chooseBaseUrl(own, url));
    expect(error.code).toBe('INVALID_BASE_URL');
    expect(error.message).toContain('https://t.example.com, https://news.example/m');
    expect(error.message).toContain('baseUrls');
  });

  it('must be a list', () => {
    expect(thrownBy(() => parseBaseUrls('https://t.example.com', 'https://news.example')).code).toBe('INVALID_OPTION');
  });
});
