// Where webhooks go, and where never.
import { describe, expect, it } from 'vitest';
import { isPublic } from '../../src/notify/public-address.ts';
import { findTarget, readWebhookUrl } from '../../src/notify/webhook-target.ts';
import { thrownBy } from '../support/thrown.ts';

const CLOSED = { allowPrivate: false, ports: [] };

describe('an address', () => {
  it.each([
    ...['127.0.0.1', '127.9.9.9', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'],
    ...[
      '255.255.255.255',
      '224.0.0.1',
      '198.18.0.1',
      '192.0.2.1',
      '240.0.0.1',
      '::1',
      '::',
      'fe80::1',
      'fc00::1',
      'fd12::1',
    ],
    ...['::ffff:127.0.0.1', '::ffff:169.254.169.254', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:1::1', 'ff02::1'],
    ...['2001:db8::1', '', 'localhost'],
  ])('%j is not public', (address) => expect(isPublic(address)).toBe(false));

  it.each(['93.184.215.14', '8.8.8.8', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '::ffff:8.8.8.8', '172.32.0.1'])(
    '%s is public',
    (address) => expect(isPublic(address)).toBe(true),
  );
});

describe('the address of a webhook', () => {
  it.each([
    ['http://169.254.169.254/', '169.254.169.254 is no public address'],
    ['http://[::1]', '::1 is no public address'],
    ['http://[::ffff:7f00:1]/', 'no public address'],
    ['http://2130706433/', '127.0.0.1 is no public address'],
    ['http://0x7f.1/', '127.0.0.1 is no public address'],
    ['https://hooks.example:8443/', 'port 8443 is neither 80 nor 443'],
    ['http://hooks.example:22/', 'port 22'],
    ['https://user:password@hooks.example/', 'a name or a password'],
    ['https://hooks.example/#part', 'holds a #'],
    ['ftp://hooks.example/', 'begins with ftp:'],
    ['file:///etc/passwd', 'begins with file:'],
    ['hooks.example', 'it is no address'],
    ['', 'it is no address'],
    [`https://hooks.example/${'x'.repeat(2_048)}`, 'over 2048 characters'],
  ])('%s is refused, and why', (text, reason) => {
    const error = thrownBy(() => readWebhookUrl(text, CLOSED));
    expect([error.code, error.message]).toEqual(['INVALID_WEBHOOK', expect.stringContaining(reason)]);
    expect(error.message).not.toContain('password@');
  });

  it('is one of http or https at the usual ports, or at those that are allowed', () => {
    for (const text of [
      'https://hooks.example/a?b=c',
      'http://hooks.example/',
      'http://hooks.example:443/',
      'https://8.8.8.8/',
    ])
      expect(readWebhookUrl(text, CLOSED).href).toBe(text);
    expect(readWebhookUrl('https://hooks.example:8443/', { ...CLOSED, ports: [8_443] }).port).toBe('8443');
    expect(readWebhookUrl('http://[::1]/', { ...CLOSED, allowPrivate: true }).hostname).toBe('[::1]');
  });
});

describe('what a name leads to', () => {
  const url = new URL('https://hooks.example/');
  const found =
    (...addresses: readonly string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

  it('is the first of its addresses, when all are public', async () => {
    expect(await findTarget(url, CLOSED, found('8.8.8.8', '1.1.1.1'))).toEqual({ address: '8.8.8.8', family: 4 });
    expect(await findTarget(url, { ...CLOSED, allowPrivate: true }, found('10.0.0.1'))).toMatchObject({
      address: '10.0.0.1',
    });
  });

  it.each([[['10.0.0.1']], [['8.8.8.8', '127.0.0.1']], [['127.0.0.1', '8.8.8.8']], [['8.8.8.8', '::1']]])(
    'is nowhere for %j',
    async (addresses) => {
      await expect(findTarget(url, CLOSED, found(...addresses))).rejects.toThrow('is no public address');
    },
  );

  it('is nowhere without an address', async () => {
    await expect(findTarget(url, CLOSED, found())).rejects.toThrow('has no address');
  });
});
