// Networks of those who keep people's mail: Apple, Google, Microsoft, Yahoo.
import { ranges, type ShippedList } from './shipped-list.ts';

const GOOGLE = 'https://developers.google.com/static/crawling/ipranges/';
const MICROSOFT =
  'https://endpoints.office.com/endpoints/worldwide?clientrequestid=b10c5ed1-bad1-445f-b386-b919946339a7';

export const PROVIDER_LISTS: readonly ShippedList[] = [
  {
    id: 'apple-relay',
    kind: 'apple-relay',
    source: 'Apple, "Prepare your network or web server for iCloud Private Relay": covers of its egress list',
    date: '2026-08-10',
    isSeed: true,
    update: { urls: ['https://mask-api.icloud.com/egress-ip-ranges.csv'], format: 'apple-csv' },
    ranges: ranges(`
      104.28.0.0/16 140.248.0.0/18 146.75.128.0/17 172.224.224.0/19 172.225.0.0/16 172.226.0.0/16
      2606:54c0::/32 2606:54c3::/32 2a02:26f7::/32 2a04:4e41::/32 2a09:bac2::/32 2a09:bac3::/32`),
  },
  {
    id: 'google-crawlers',
    kind: 'google-crawler',
    source: 'Google, "Verify requests from Google crawlers and fetchers": common crawlers',
    date: '2024-11-04',
    isSeed: false,
    update: { urls: [`${GOOGLE}common-crawlers.json`], format: 'google-json' },
    ranges: ranges(`
      34.22.85.0/27 34.64.82.64/28 34.65.242.112/28 34.80.50.80/28 34.88.194.0/28 34.89.10.80/28 34.89.198.80/28
      34.96.162.48/28 34.100.182.96/28 34.101.50.144/28 34.118.66.0/28 34.118.254.0/28 34.126.178.96/28
      34.146.150.144/28 34.147.110.144/28 34.151.74.144/28 34.152.50.64/28 34.154.114.144/28 34.155.98.32/28
      34.165.18.176/28 34.175.160.64/28 34.176.130.16/28 35.247.243.240/28 66.249.64.0/25 66.249.64.128/26
      66.249.64.224/27 66.249.65.0/24 66.249.66.0/25 66.249.66.160/27 66.249.66.192/27 66.249.68.0/25 66.249.69.0/24
      66.249.70.0/23 66.249.72.0/23 66.249.74.0/25 66.249.74.128/27 66.249.75.0/24 66.249.76.0/23 66.249.78.0/26
      66.249.79.0/24 192.178.5.0/27 192.178.6.0/27 2001:4860:4801:2::/64 2001:4860:4801:c::/64 2001:4860:4801:f::/64
      2001:4860:4801:10::/60 2001:4860:4801:20::/60 2001:4860:4801:31::/64 2001:4860:4801:32::/63
      2001:4860:4801:34::/62 2001:4860:4801:38::/62 2001:4860:4801:3c::/63 2001:4860:4801:3e::/64
      2001:4860:4801:40::/61 2001:4860:4801:48::/62 2001:4860:4801:50::/63 2001:4860:4801:53::/64
      2001:4860:4801:54::/63 2001:4860:4801:60::/60 2001:4860:4801:70::/61 2001:4860:4801:78::/63
      2001:4860:4801:80::/61 2001:4860:4801:88::/64 2001:4860:4801:90::/62 2001:4860:4801:94::/64`),
  },
  {
    id: 'google-special-crawlers',
    kind: 'google-crawler',
    source: 'Google, "Special-case crawlers" (rate-limited-proxy-*.google.com): ranges seen by name',
    date: '2026-11-24',
    isSeed: true,
    update: { urls: [`${GOOGLE}special-crawlers.json`], format: 'google-json' },
    ranges: ranges('66.249.87.0/24 66.249.89.0/24 66.249.90.0/23 72.14.199.0/24 108.177.64.0/20 209.85.238.0/24'),
  },
  {
    id: 'google-fetchers',
    kind: 'google',
    source: 'Google, "User-triggered fetchers" of Google itself (google-proxy-*.google.com): ranges seen by name',
    date: '2026-11-24',
    isSeed: true,
    update: { urls: [`${GOOGLE}user-triggered-fetchers-google.json`], format: 'google-json' },
    ranges: ranges(`
      64.233.172.0/23 66.102.6.0/23 66.102.8.0/23 66.249.80.0/22 66.249.84.0/23 66.249.88.0/24 66.249.92.0/23
      74.125.208.0/21 74.125.216.0/22`),
  },
  {
    id: 'google-cloud-fetchers',
    kind: 'google-cloud',
    source: 'Google, "User-triggered fetchers" of its customers (*.gae.googleusercontent.com): first ranges',
    date: '2026-11-24',
    isSeed: true,
    update: { urls: [`${GOOGLE}user-triggered-fetchers.json`], format: 'google-json' },
    ranges: ranges('34.64.6.0/24 34.98.136.0/25'),
  },
  {
    id: 'google-cloud',
    kind: 'google-cloud',
    source: 'Google, "Obtain Google IP address ranges": cloud.json, covering ranges',
    date: '2023-09-27',
    isSeed: true,
    update: { urls: ['https://www.gstatic.com/ipranges/cloud.json'], format: 'google-json' },
    ranges: ranges(`
      8.34.208.0/20 8.35.192.0/20 23.236.48.0/20 23.251.128.0/19 34.0.0.0/9 34.128.0.0/10 35.184.0.0/13 35.192.0.0/11
      35.224.0.0/12 35.240.0.0/13 104.154.0.0/15 104.196.0.0/14 107.167.160.0/19 107.178.192.0/18 108.59.80.0/20
      130.211.0.0/16 136.112.0.0/12 146.148.0.0/17 162.216.148.0/22 162.222.176.0/21 173.255.112.0/20 2600:1900::/28`),
  },
  {
    id: 'google',
    kind: 'google',
    source: 'Google, "Obtain Google IP address ranges": goog.json without what is of customers',
    date: '2023-09-27',
    isSeed: true,
    update: { urls: ['https://www.gstatic.com/ipranges/goog.json'], format: 'google-json' },
    ranges: ranges(`
      64.15.112.0/20 64.233.160.0/19 66.102.0.0/20 66.249.64.0/19 70.32.128.0/19 72.14.192.0/18 74.114.24.0/21
      74.125.0.0/16 108.170.192.0/18 108.177.0.0/17 142.250.0.0/15 172.217.0.0/16 172.253.0.0/16 173.194.0.0/16
      192.178.0.0/15 207.223.160.0/20 209.85.128.0/17 216.58.192.0/19 216.239.32.0/19 2001:4860::/32 2404:6800::/32
      2607:f8b0::/32 2800:3f0::/32 2a00:1450::/32 2c0f:fb50::/32`),
  },
  {
    id: 'microsoft-eop',
    kind: 'microsoft-eop',
    source: 'Microsoft, "Microsoft 365 URLs and IP address ranges", endpoints 9 and 10 (Exchange Online Protection)',
    date: '2026-08-14',
    isSeed: false,
    update: { urls: [MICROSOFT], format: 'microsoft-eop-json' },
    ranges: ranges(`
      40.92.0.0/15 40.107.0.0/16 52.100.0.0/14 52.238.78.88/32 104.47.0.0/17 2a01:111:f400::/48 2a01:111:f403::/48`),
  },
  {
    id: 'microsoft-365',
    kind: 'microsoft',
    source: 'Microsoft, "Microsoft 365 URLs and IP address ranges", all other endpoints',
    date: '2026-07-12',
    isSeed: true,
    update: { urls: [MICROSOFT], format: 'microsoft-json' },
    ranges: ranges(`
      13.107.6.152/31 13.107.6.171/32 13.107.6.192/32 13.107.9.192/32 13.107.18.10/31 13.107.18.15/32 13.107.128.0/22
      13.107.136.0/22 13.107.140.6/32 20.20.32.0/19 20.190.128.0/18 20.231.128.0/19 23.103.160.0/20 40.96.0.0/13
      40.104.0.0/15 40.108.128.0/17 40.126.0.0/18 52.96.0.0/14 52.104.0.0/14 52.108.0.0/14 52.112.0.0/14 52.122.0.0/15
      52.244.37.168/32 104.146.128.0/17 131.253.33.215/32 132.245.0.0/16 150.171.32.0/22 150.171.40.0/22
      204.79.197.215/32 2603:1006::/40 2603:1016::/36 2603:1026::/36 2603:1036::/36 2603:1046::/36 2603:1056::/36
      2620:1ec:4::152/127 2620:1ec:6::/48 2620:1ec:40::/42 2620:1ec:8f0::/46 2620:1ec:900::/46 2620:1ec:a92::152/127`),
  },
  {
    id: 'microsoft-network',
    kind: 'microsoft',
    source: 'ARIN: networks registered to Microsoft Corporation (AS8075), Azure among them',
    date: '2026-11-24',
    isSeed: true,
    ranges: ranges(`
      13.64.0.0/11 13.96.0.0/13 13.104.0.0/14 20.33.0.0/16 20.34.0.0/15 20.36.0.0/14 20.40.0.0/13 20.48.0.0/12
      20.64.0.0/10 20.128.0.0/16 20.192.0.0/10 40.74.0.0/15 40.76.0.0/14 40.80.0.0/12 40.96.0.0/12 40.112.0.0/13
      40.120.0.0/14 40.124.0.0/16 40.125.0.0/17 52.96.0.0/12 52.112.0.0/14 52.120.0.0/14 52.132.0.0/14 52.136.0.0/13
      52.145.0.0/16 52.146.0.0/15 52.148.0.0/14 52.152.0.0/13 52.160.0.0/11 52.224.0.0/11 65.52.0.0/14 104.40.0.0/13
      104.208.0.0/13 157.54.0.0/15 157.56.0.0/14 168.61.0.0/16 168.62.0.0/15 191.232.0.0/13 207.46.0.0/16
      2603:1000::/24 2a01:111::/32`),
  },
  {
    id: 'yahoo',
    kind: 'yahoo',
    source: 'ARIN and RIPE: networks registered to Yahoo (AS10310, AS26101, AS36647)',
    date: '2026-11-24',
    isSeed: true,
    ranges: ranges(`
      66.163.160.0/19 66.196.64.0/18 67.195.0.0/16 68.180.128.0/17 69.147.64.0/18 72.30.0.0/16 74.6.0.0/16 76.13.0.0/16
      98.136.0.0/14 106.10.128.0/17 188.125.64.0/19 206.190.32.0/19 209.191.64.0/18 212.82.96.0/19 217.12.0.0/20
      2001:4998::/32 2406:2000::/32 2a00:1288::/32`),
  },
];
