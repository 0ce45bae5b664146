import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { prepareAddressOf } from '../../src/server/client-address.ts';
import { thrownBy } from '../support/thrown.ts';

/** The address of a request from `connected` through proxies that wrote `forwarded`. */
function addressOf(trusted: string, connected: string, forwarded?: string): string {
  const socket = { remoteAddress: connected } as Socket;
  return prepareAddressOf(trusted)({
    socket,
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  });
}

describe('without trusted proxies', () => {
  it.each(['', '0', ' '])('the address is that of the connection, whatever is forwarded: %j', (trusted) => {
    expect(addressOf(trusted, '203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
    expect(addressOf(trusted, '::ffff:203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
  });
});

describe('with a number of proxies', () => {
  it.each([
    ['1', '198.51.100.7', '198.51.100.7'],
    ['1', '6.6.6.6, 198.51.100.7', '198.51.100.7'],
    ['2', '6.6.6.6, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['2', '198.51.100.7', '198.51.100.7'],
    ['1', undefined, '10.0.0.1'],
    ['1', '', '10.0.0.1'],
    ['1', '<script>', '10.0.0.1'],
    ['2', '198.51.100.7, unknown', '10.0.0.1'],
    ['1', '198.51.100.7:4711', '198.51.100.7'],
    ['1', '[2001:DB8:0::1]:4711', '2001:db8::1'],
    ['1', '::ffff:198.51.100.7', '198.51.100.7'],
  ])('%s before %j it is %s', (trusted, forwarded, expected) => {
    expect(addressOf(trusted, '10.0.0.1', forwarded)).toBe(expected);
  });
});

describe('with the addresses of proxies', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.0/8', '10.0.0.1', '6.6.6.6, 198.51.100.7, 10.9.9.9', '198.51.100.7'],
    ['10.0.0.0/8', '203.0.113.9', '198.51.100.7', '203.0.113.9'],
    ['10.0.0.0/8', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.0/8', '10.0.0.1', '198.51.100.7, <script>, 10.0.0.2', '10.0.0.2'],
    ['loopback', '::1', '2001:db8::7', '2001:db8::7'],
    ['Loopback, private', '127.0.0.1', '198.51.100.7, 192.168.1.1', '198.51.100.7'],
    ['10.0.0.1', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['2001:db8::/32', '2001:db8::5', '198.51.100.7', '198.51.100.7'],
    ['2001:db8::5', '2001:db8:0::5', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.0/8', '10.0.0.1', '127.1', '10.0.0.1'],
    ['10.0.0.0/8', '10.0.0.1', '0x7f.1, 10.0.0.2', '10.0.0.2'],
  ])('%s from %s before %j it is %s', (trusted, connected, forwarded, expected) => {
    expect(addressOf(trusted, connected, forwarded)).toBe(expected);
  });

  it('sees no further than twenty proxies', () => {
    const chain = `198.51.100.7, ${Array.from({ length: 5_000 }, () => '10.0.0.2').join(', ')}`;
    expect(addressOf('10.0.0.0/8', '10.0.0.1', chain)).toBe('10.0.0.2');
    expect(addressOf('10.0.0.0/8', '10.0.0.1', `198.51.100.7${','.repeat(16_000)}`)).toBe('10.0.0.1');
  });
});

it.each(['21', 'proxy.example', '10.0.0.0/33', '127.1', '10.0.0.1,', '-1', '1.5'])(
  'what is no proxy is refused with an example of one: %s',
  (trusted) => {
    expect(thrownBy(() => prepareAddressOf(trusted))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('10.0.0.0/8'),
    });
  },
);
