import { describe, expect, it } from 'vitest';
import { type ListFormat, readPublishedList } from '../../src/networks/read-published-list.ts';
import { thrownBy } from '../support/thrown.ts';

const APPLE = `172.224.226.0/27,GB,GB-EN,London,
172.224.226.32/31,GB,GB-SC,Aberdeen,
172.224.226.34/31,GB,GB-EN,Oxford,
2a02:26f7:b000:4000::/64,US,US-AK,Anchorage,
`;
const GOOGLE = JSON.stringify({
  creationTime: '2026-11-20T14:46:05.000000',
  prefixes: [{ ipv6Prefix: '2001:4860:4801:10::/64' }, { ipv4Prefix: '66.249.64.0/27', service: 'x', scope: 'y' }],
});
const MICROSOFT = JSON.stringify([
  { id: 1, serviceArea: 'Exchange', urls: ['outlook.office.com'], ips: ['13.107.6.152/31'], tcpPorts: '443' },
  { id: 9, serviceArea: 'Exchange', urls: ['*.protection.outlook.com'], ips: ['40.92.0.0/15', '40.107.0.0/16'] },
  { id: 10, serviceArea: 'Exchange', urls: ['*.mail.protection.outlook.com', '*.mx.microsoft'], ips: ['40.92.0.0/15'] },
  { id: 11, serviceArea: 'Common', urls: ['autodiscover.*.onmicrosoft.com'] },
]);
const AMAZON = JSON.stringify({
  syncToken: '1',
  createDate: '2026-11-19-22-13-13',
  prefixes: [
    { ip_prefix: '3.5.140.0/22', region: 'ap-northeast-2', service: 'AMAZON', network_border_group: 'x' },
    { ip_prefix: '13.32.0.0/15', region: 'GLOBAL', service: 'CLOUDFRONT', network_border_group: 'GLOBAL' },
  ],
  ipv6_prefixes: [{ ipv6_prefix: '2600:9000::/28', region: 'GLOBAL', service: 'CLOUDFRONT' }],
});

describe('readPublishedList', () => {
  it.each<[ListFormat, readonly string[], readonly string[], string | undefined]>([
    ['apple-csv', [APPLE], ['172.224.226.0/27', '172.224.226.32/30', '2a02:26f7:b000:4000::/64'], undefined],
    [
      'lines',
      ['192.0.2.0/25\r\n\r\n# more\n192.0.2.128/25', '2001:db8::/32\n'],
      ['192.0.2.0/24', '2001:db8::/32'],
      undefined,
    ],
    ['google-json', [GOOGLE], ['66.249.64.0/27', '2001:4860:4801:10::/64'], '2026-11-20'],
    ['microsoft-eop-json', [MICROSOFT], ['40.92.0.0/15', '40.107.0.0/16'], undefined],
    ['microsoft-json', [MICROSOFT], ['13.107.6.152/31'], undefined],
    ['amazon-json', [AMAZON], ['3.5.140.0/22'], '2026-11-19'],
    ['cloudfront-json', [AMAZON], ['13.32.0.0/15', '2600:9000::/28'], '2026-11-19'],
    [
      'fastly-json',
      ['{"addresses":["23.235.32.0/20"],"ipv6_addresses":["2a04:4e40::/32"]}'],
      ['23.235.32.0/20', '2a04:4e40::/32'],
      undefined,
    ],
    ['zscaler-json', ['{"hubPrefixes":["136.226.0.0/16"]}'], ['136.226.0.0/16'], undefined],
  ])('reads %s', (format, documents, ranges, date) => {
    expect(readPublishedList(format, documents)).toEqual({ ranges, date });
  });

  it.each<[string, ListFormat, string, RegExp]>([
    ['a page in the place of a list', 'google-json', '<html>Sign in</html>', /it is no JSON/],
    ['another shape', 'google-json', '{"creationTime":"x","prefixes":{}}', /at "prefixes" came something else/],
    ['a page in the place of lines', 'lines', '<html>\nSign in', /range 1 is "<html>"/],
    ['a line that is no range', 'apple-csv', '172.224.226.0/27,GB,,,\nAberdeen\n', /range 2 is "Aberdeen"/],
    ['nothing', 'lines', '\n\n', /there is no range in it/],
    ['no such endpoint', 'microsoft-eop-json', '[{"urls":["a"],"ips":["192.0.2.0/24"]}]', /there is no range in it/],
    ['half the world', 'lines', '192.0.2.0/24\n0.0.0.0/1', /range 2, "0\.0\.0\.0\/1", is wider than any network/],
    ['half the world, IPv6', 'lines', '2000::/3', /is wider than any network/],
  ])('refuses %s', (_, format, text, message) => {
    expect(thrownBy(() => readPublishedList(format, [text]))).toMatchObject({
      code: 'INVALID_NETWORKS',
      message: expect.stringMatching(message),
    });
  });
});
