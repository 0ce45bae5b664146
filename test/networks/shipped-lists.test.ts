import { describe, expect, it } from 'vitest';
import { NETWORK_KINDS, type NetworkKind } from '../../src/base/nouns.ts';
import { rangesProblem, readNetworkList } from '../../src/networks/read-network-list.ts';
import { SHIPPED_LISTS, shippedNetworks } from '../../src/networks/shipped-lists.ts';

describe('the lists in the package', () => {
  it.each(SHIPPED_LISTS.map((list) => [list.id, list] as const))('%s is a list as its file would be', (_, list) => {
    const { isSeed, update, ...file } = list;
    expect(readNetworkList(JSON.stringify(file))).toEqual(file);
    expect(rangesProblem(list.ranges)).toBeUndefined();
    for (const url of update?.urls ?? []) expect(url).toMatch(/^https:\/\//);
    expect(isSeed || update !== undefined).toBe(true);
    expect(new Set(list.ranges).size).toBe(list.ranges.length);
  });

  it('have names of their own, and kinds that are', () => {
    expect(new Set(SHIPPED_LISTS.map(({ id }) => id)).size).toBe(SHIPPED_LISTS.length);
    for (const { kind } of SHIPPED_LISTS) expect(NETWORK_KINDS).toContain(kind);
  });

  // Addresses that owners, or reports of what fetched a pixel, name.
  it.each<[string, NetworkKind, string]>([
    ['172.224.226.5', 'apple-relay', 'the first range of Apple’s egress list'],
    ['2a02:26f7:b000:4000::1', 'apple-relay', 'the same, IPv6'],
    ['66.249.84.1', 'google', 'google-proxy-66-249-84-1.google.com, Gmail’s image proxy'],
    ['108.177.2.32', 'google', 'a prefetch of Gmail'],
    ['74.125.211.40', 'google', 'google-proxy-74-125-211-40.google.com'],
    ['66.249.66.1', 'google-crawler', 'crawl-66-249-66-1.googlebot.com'],
    ['66.249.87.0', 'google-crawler', 'rate-limited-proxy-66-249-87-0.google.com'],
    ['34.100.182.100', 'google-crawler', 'a crawler within Google’s cloud'],
    ['34.100.182.1', 'google-cloud', 'its neighbour'],
    ['40.92.1.1', 'microsoft-eop', 'Exchange Online Protection within Microsoft’s network'],
    ['104.47.0.1', 'microsoft-eop', 'the same'],
    ['132.245.26.156', 'microsoft', 'Exchange Online'],
    ['13.66.1.1', 'microsoft', 'Azure'],
    ['67.195.1.1', 'yahoo', 'Yahoo'],
    ['209.222.82.1', 'barracuda', 'Email Gateway Defense'],
    ['148.163.139.74', 'proofpoint', 'mx0b-00364e01.pphosted.com'],
    ['205.139.110.7', 'mimecast', 'Mimecast in the United States'],
    ['136.226.1.1', 'zscaler', 'Zscaler'],
    ['104.16.0.1', 'cdn', 'Cloudflare'],
    ['104.28.0.1', 'apple-relay', 'Apple’s relay at Cloudflare'],
    ['13.32.0.1', 'cdn', 'CloudFront within Amazon'],
    ['3.5.0.1', 'datacenter', 'Amazon'],
    ['203.0.113.9', 'unknown', 'nobody'],
    ['10.0.0.1', 'unknown', 'a private address'],
  ])('%s is %s: %s', (address, kind) => {
    expect(shippedNetworks().kindOf(address)).toBe(kind);
  });
});
