import { describe, expect, it } from 'vitest';
import { nameOf, readStreamSettings } from '../../src/stream/stream-settings.ts';
import { thrownBy } from '../support/thrown.ts';

describe('readStreamSettings', () => {
  it.each([
    ['nats://a', { servers: ['a:4222'], isTls: false }],
    ['a:4333', { servers: ['a:4333'], isTls: false }],
    ['nats://a,b:4333, nats://c', { servers: ['a:4222', 'b:4333', 'c:4222'], isTls: false }],
    ['tls://a,b', { servers: ['a:4222', 'b:4222'], isTls: true }],
    ['nats://me:p%40ss@a,b', { servers: ['a:4222', 'b:4222'], isTls: false, user: 'me', password: 'p@ss' }],
    ['nats://s3cret@a', { servers: ['a:4222'], isTls: false, token: 's3cret' }],
    ['nats://[::1]:4222', { servers: ['[::1]:4222'], isTls: false }],
  ])('reads %s', (url, settings) => {
    expect(readStreamSettings({ url })).toEqual(settings);
  });

  it.each(['', 'nats://', 'http://a', 'nats://a,tls://b', 'nats://a/stream', 'nats://me:pass@'])(
    'refuses %j',
    (url) => {
      expect(thrownBy(() => readStreamSettings({ url }))).toMatchObject({ code: 'INVALID_OPTION' });
    },
  );

  it('names no password, where it refuses and where it names the servers', () => {
    expect(String(thrownBy(() => readStreamSettings({ url: 'http://me:s3cret@a' })))).not.toContain('s3cret');
    expect(nameOf(readStreamSettings({ url: 'nats://me:s3cret@a,b' }))).toBe('nats://a:4222,b:4222');
  });

  it.each(['0', '6', '1.5', 'x', ''])('refuses %j replicas', (replicas) => {
    expect(thrownBy(() => readStreamSettings({ url: 'nats://a', replicas }))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});
