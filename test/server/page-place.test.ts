import { describe, expect, it } from 'vitest';
import { placeOf, returnPathOf } from '../../src/server/page-place.ts';

describe('the place of a page', () => {
  it.each([
    ['/', '', '/', './'],
    ['/login', '', '/login', './'],
    ['/messages/a%2Fb', '', '/messages/a%2Fb', '../'],
    ['/messages/a/map', '', '/messages/a/map', '../../'],
    ['/t/messages/a', '/t', '/messages/a', '../'],
    ['/t/', '/t', '/', './'],
    ['/tea/messages', '/t', '/tea/messages', '../'],
  ])('is told from its path: %s below "%s"', (path, prefix, own, root) => {
    expect(placeOf({ path }, prefix)).toEqual({ path: own, root });
  });
});

describe('where one goes back to after logging in', () => {
  it.each(['/', '/messages/spring-sale?tz=Europe%2FBerlin&show=opened', '/compare?a=x&b=y'])(
    'is a path of ours: %s',
    (path) => {
      expect(returnPathOf(path)).toBe(path);
    },
  );

  it.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    'https://evil.example/',
    'https:evil.example',
    'javascript:alert(1)',
    '/\tevil',
    '/\n/evil.example',
    ' /messages',
    '/.//evil.example',
    '/..//evil.example',
    'messages',
    '',
    '/mëssages',
  ])('is the list of messages for anything else: %j', (path) => {
    expect(returnPathOf(path)).toBe('/');
  });

  it('climbs out of no base path', () => {
    expect(returnPathOf('/../../admin')).toBe('/admin');
  });
});
