import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { formatRange, mergeRanges, readRange } from '../../src/networks/ip-range.ts';

function merge(...texts: readonly string[]): readonly string[] {
  return mergeRanges(texts.flatMap((text) => readRange(text) ?? [])).map(formatRange);
}

describe('readRange', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['192.0.2.77', '192.0.2.77/32'],
    ['192.0.2.77/32', '192.0.2.77/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:db8::/32', '2001:db8::/32'],
    ['2001:DB8:0:0::1/64', '2001:db8::/64'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::/0', '::/0'],
  ])('reads %s as %s', (text, expected) => {
    const range = readRange(text);
    expect(range === undefined ? undefined : formatRange(range)).toBe(expected);
  });

  it.each([
    '',
    '/24',
    '192.0.2.0/33',
    '192.0.2.0/',
    '192.0.2.0/x',
    '192.0.2.0/024',
    '2001:db8::/129',
    '192.0.2.0/-1',
    'example.com/24',
  ])('takes %j for none', (text) => {
    expect(readRange(text)).toBeUndefined();
  });

  it('holds the addresses that ipaddr.js says it holds', () => {
    const property = fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (base, bits, text) => {
      const range = readRange(`${base}/${bits}`);
      const address = readRange(text);
      const isInside = (range?.first ?? 1n) <= (address?.first ?? 0n) && (address?.first ?? 0n) <= (range?.last ?? 0n);
      expect(isInside).toBe(ipaddr.IPv4.parse(text).match(ipaddr.IPv4.parse(base), bits));
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('mergeRanges', () => {
  it('joins halves, again and again, and leaves out what is inside another', () => {
    expect(merge('10.0.1.0/24', '10.0.0.0/25', '10.0.0.128/25', '10.0.1.7/32', '10.0.2.0/24')).toEqual([
      '10.0.0.0/23',
      '10.0.2.0/24',
    ]);
  });

  it('joins no neighbours that are not the halves of one range', () => {
    expect(merge('10.0.1.0/24', '10.0.2.0/24')).toEqual(['10.0.1.0/24', '10.0.2.0/24']);
  });

  it('keeps families apart', () => {
    expect(merge('0.0.0.0/1', '128.0.0.0/1', '::fffe:0:0/96')).toEqual(['::fffe:0:0/96', '0.0.0.0/0']);
  });

  it('holds the same addresses before and after', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 26, max: 32 }));
    const property = fc.property(fc.array(range, { maxLength: 20 }), fc.integer({ min: 0, max: 63 }), (parts, last) => {
      const ranges = parts.flatMap(([byte, bits]) => readRange(`192.0.2.${byte}/${bits}`) ?? []);
      const address = readRange(`192.0.2.${last}`)?.first ?? 0n;
      const holds = (all: typeof ranges) => all.some(({ first, last: end }) => first <= address && address <= end);
      const merged = mergeRanges(ranges);
      expect(holds([...merged])).toBe(holds(ranges));
      expect(merged.length).toBeLessThanOrEqual(ranges.length);
    });
    fc.assert(property, { numRuns: 500 });
  });
});
