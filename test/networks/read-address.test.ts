import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { readAddress } from '../../src/networks/read-address.ts';

const words = new Uint32Array(4);

/** The address as 32 hexadecimal digits; nothing when it is none. */
function read(text: string): string | undefined {
  if (!readAddress(text, words)) return undefined;
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** The same by ipaddr.js. */
function readByIpaddr(text: string): string {
  const address = ipaddr.parse(text);
  const ipv6 = address instanceof ipaddr.IPv4 ? address.toIPv4MappedAddress() : address;
  return Buffer.from(ipv6.toByteArray()).toString('hex');
}

describe('readAddress', () => {
  it('reads every IPv4 address as ipaddr.js does', () => {
    const property = fc.property(fc.ipV4(), (text) => {
      expect(read(text)).toBe(readByIpaddr(text));
    });
    fc.assert(property);
  });

  it('reads every IPv6 address as ipaddr.js does, in every spelling', () => {
    const property = fc.property(fc.ipV6(), fc.boolean(), (text, isUpper) => {
      // "::1.2.3.4" is no mapped address (RFC 4291, section 2.5.5.1), for which ipaddr.js takes it.
      fc.pre(!/^::[\d.]+$/.test(text));
      expect(read(isUpper ? text.toUpperCase() : text)).toBe(readByIpaddr(text));
    });
    fc.assert(property, { numRuns: 500 });
  });

  it.each([
    ['203.0.113.9', '00000000000000000000ffffcb007109'],
    ['::ffff:203.0.113.9', '00000000000000000000ffffcb007109'],
    ['::FFFF:cb00:7109', '00000000000000000000ffffcb007109'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['fe80::1%2', 'fe800000000000000000000000000001'],
    ['::', '0'.repeat(32)],
    ['1::', `0001${'0'.repeat(28)}`],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['64:ff9b::203.0.113.9', '0064ff9b0000000000000000cb007109'],
  ])('reads %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it.each([
    ...['', ' ', 'garbage', '203.0.113', '203.0.113.9.1', '203.0.113.256', '203.0.113.09', '203.0..113', '.1.2.3.4'],
    ...['1.2.3.4.', '0x7f.0.0.1', '127.1', '203.0.113.9%eth0', '203.0.113.9 ', '203.0.113.9:80', '[::1]', ':', ':::'],
    ...[
      '1:2:3',
      '1::2::3',
      '12345::',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7:8::',
      '1:2:3:4:5:6:7:1.2.3.4',
      '::1:',
      'g::',
    ],
    ...['::1.2.3', '%eth0', `::${'0'.repeat(60)}`, '1:2:3:4::5:6:7:8'],
  ])('takes %j for none', (text) => {
    expect(read(text)).toBeUndefined();
  });

  it('never throws, whatever comes', () => {
    const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(typeof readAddress(text, words)).toBe('boolean');
    });
    fc.assert(property);
  });
});
