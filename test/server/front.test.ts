import { describe, expect, it } from 'vitest';
import { makeFront } from '../../src/server/front.ts';

const front = makeFront(['t.example.com', '192.0.2.7:8080', 'Mail.Example.org']);
const pass = (url: string, host?: string) =>
  front({ url, headers: host === undefined ? {} : { host }, rawHeaders: [], httpVersionMajor: 1 });
const statusOf = (url: string, host?: string) => {
  const passed = pass(url, host);
  return 'answer' in passed ? passed.answer.status : passed.path;
};

describe('the host', () => {
  it.each([
    't.example.com',
    't.example.com:443',
    'T.EXAMPLE.COM',
    't.example.com.',
    '192.0.2.7',
    '192.0.2.7:80',
    'mail.example.org',
    'localhost:8080',
    '127.0.0.1',
    '[::1]:8080',
  ])('passes: %s', (host) => {
    expect(statusOf('/o/x.gif', host)).toBe('/o/x.gif');
  });

  it.each([
    'evil.example',
    't.example.com.evil.example',
    'a@t.example.com',
    't.example.com@evil.example',
    '',
    '127.0.0.1.evil.example',
    't.example.com:80:80',
    't.example.com/',
  ])('is misdirected: %j', (host) => {
    expect(statusOf('/o/x.gif', host)).toBe(421);
  });

  it('is not missed where HTTP/1.0 sends none', () => {
    expect(statusOf('/o/x.gif')).toBe('/o/x.gif');
  });

  it('is that of the absolute form, whatever the header says', () => {
    expect(statusOf('http://t.example.com/o/x.gif?a=1', 'evil.example')).toBe('/o/x.gif');
    expect(statusOf('http://evil.example/o/x.gif', 't.example.com')).toBe(421);
    expect(statusOf('https://t.example.com@evil.example/', 't.example.com')).toBe(421);
  });
});

describe('the address', () => {
  it('loses its query', () => {
    expect(statusOf('/o/x.gif?src=/c/', 'localhost')).toBe('/o/x.gif');
    expect(statusOf('/?', 'localhost')).toBe('/');
  });

  it.each(['http://[/o/x.gif', 'ftp://t.example.com/', 'o/x.gif', '', 'javascript:alert(1)'])(
    'is unreadable: %j',
    (url) => {
      expect(statusOf(url, 'localhost')).toBe(400);
    },
  );

  it('may have 4,096 characters and not one more', () => {
    const longest = `/${'a'.repeat(4_095)}`;
    expect(statusOf(longest, 'localhost')).toBe(longest);
    expect(statusOf(`${longest}a`, 'localhost')).toBe(414);
  });

  it('may be a star, which OPTIONS asks', () => {
    expect(statusOf('*', 't.example.com')).toBe('*');
  });
});
