import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import type { NetworkKind } from '../../src/base/nouns.ts';
import type { NetworkList } from '../../src/networks/network-list.ts';
import { prepareNetworks } from '../../src/networks/prepare-networks.ts';

function list(kind: NetworkKind, ...ranges: readonly string[]): NetworkList {
  return { id: kind, kind, source: 'a test', date: '2026-01-01', ranges };
}

describe('kindOf', () => {
  const { kindOf } = prepareNetworks([
    list('google-crawler', '66.249.64.0/27', '2001:4860:4801::/48'),
    list('google', '66.249.64.0/19', '2001:4860::/32'),
    list('cdn', '198.51.100.0/24', '255.255.255.255/32', 'ffff::/16'),
    list('yahoo', '198.51.100.0/24'),
    list('datacenter', '0.0.0.0/8'),
  ]);

  it.each<[string, NetworkKind]>([
    ['66.249.64.31', 'google-crawler'],
    ['66.249.64.32', 'google'],
    ['66.249.95.255', 'google'],
    ['66.249.96.0', 'unknown'],
    ['66.249.63.255', 'unknown'],
    ['2001:4860:4801::1', 'google-crawler'],
    ['2001:4860:4802::1', 'google'],
    ['2001:4861::', 'unknown'],
    ['0.0.0.0', 'datacenter'],
    ['255.255.255.255', 'cdn'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'cdn'],
    ['::', 'unknown'],
  ])('of %s is %s', (address, kind) => {
    expect(kindOf(address)).toBe(kind);
  });

  it('is that of the earlier list where two have the same range', () => {
    expect(kindOf('198.51.100.9')).toBe('cdn');
  });

  it('reads IPv4 in IPv6, and leaves zones out', () => {
    expect(kindOf('::ffff:66.249.64.1')).toBe('google-crawler');
    expect(kindOf('::FFFF:42f9:4001')).toBe('google-crawler');
    expect(kindOf('2001:4860::1%eth0')).toBe('google');
  });

  it.each(['', 'unknown', '66.249.64', '066.249.64.1', '66.249.64.1:80', '☃'])('of %j is unknown', (address) => {
    expect(kindOf(address)).toBe('unknown');
  });

  it('is unknown without lists', () => {
    expect(prepareNetworks([]).kindOf('66.249.64.1')).toBe('unknown');
  });

  it('is that of the longest prefix, as looked for range by range with ipaddr.js', () => {
    const kinds = ['apple-relay', 'google', 'microsoft', 'cdn'] as const;
    // Few networks, so that ranges lie in one another.
    const cidr = fc
      .tuple(
        fc.constantFrom('10.0.0.0', '10.0.128.0', '10.0.129.77', '2001:db8::', '2001:db8:0:8000::9'),
        fc.integer({ min: 4, max: 32 }),
      )
      .map(([address, bits]) => `${address}/${address.includes(':') ? bits * 4 : bits}`);
    const lists = fc.array(fc.tuple(fc.constantFrom(...kinds), fc.array(cidr, { maxLength: 6 })), { maxLength: 4 });
    const address = fc.oneof(
      fc.ipV4(),
      fc.constantFrom('10.0.129.77', '10.0.128.1', '2001:db8::8', '2001:db8:0:8000::9'),
    );
    const property = fc.property(lists, address, (of, text) => {
      const made = of.map(([kind, ranges]) => list(kind, ...ranges));
      expect(prepareNetworks(made).kindOf(text)).toBe(longestOf(made, text));
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});

function longestOf(lists: readonly NetworkList[], text: string): NetworkKind {
  const address = ipaddr.parse(text);
  let found: { kind: NetworkKind; bits: number } = { kind: 'unknown', bits: -1 };
  for (const { kind, ranges } of lists) {
    for (const range of ranges) {
      const [base, bits] = ipaddr.parseCIDR(range);
      if (base.kind() === address.kind() && address.match(base, bits) && bits > found.bits) found = { kind, bits };
    }
  }
  return found.kind;
}

describe('version', () => {
  it('is the date of the newest list, and changes with every change of a list', () => {
    const older = list('cdn', '198.51.100.0/24');
    const newer = { ...list('google', '192.0.2.0/24'), date: '2026-11-20' };
    const { version } = prepareNetworks([older, newer]);
    expect(version).toMatch(/^2026-11-20-[0-9a-f]{6}$/);
    expect(prepareNetworks([older, newer]).version).toBe(version);
    expect(prepareNetworks([older, { ...newer, ranges: ['192.0.2.0/25'] }]).version).not.toBe(version);
    expect(prepareNetworks([newer]).version).not.toBe(version);
    expect(prepareNetworks([]).version).toMatch(/^none-/);
  });
});
