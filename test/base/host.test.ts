import { describe, expect, it } from 'vitest';
import { hostsOf, parseHost } from '../../src/base/host.ts';

describe('parseHost', () => {
  it.each([
    ['example.com', 'example.com'],
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['example.com:8443', 'example.com:8443'],
    ['example.com:443', 'example.com:443'],
    ['example.com:080', 'example.com:80'],
    ['127.1', '127.0.0.1'],
    ['[::1]', '[::1]'],
    ['[0:0::1]:80', '[::1]:80'],
  ])('reads %s as a browser would', (text, host) => {
    expect(parseHost(text)).toBe(host);
  });

  it.each([
    '',
    ' ',
    ':80',
    'https://example.com',
    'example.com/path',
    'example.com?q',
    'example.com#f',
    'user@example.com',
    'exa mple.com',
    'example.com\\x',
    'exa%6dple.com',
    'example.com:65536',
    'example.com:80:80',
    '*.example.com',
    '::1',
    '.',
  ])('refuses %j', (text) => {
    expect(parseHost(text)).toBeUndefined();
  });
});

describe('hostsOf', () => {
  it.each([
    ['https://example.com/a', ['example.com', 'example.com:443']],
    ['http://example.com/a', ['example.com', 'example.com:80']],
    ['https://example.com./a', ['example.com', 'example.com:443']],
    ['https://example.com:8443/', ['example.com', 'example.com:8443']],
    ['http://[::1]:81/', ['[::1]', '[::1]:81']],
  ])('names the host of %s with and without its port', (destination, hosts) => {
    expect(hostsOf(destination)).toEqual(hosts);
  });
});
