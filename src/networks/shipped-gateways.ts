// Networks of gateways that look at mail, and through which people browse, for companies.
import { ranges, type ShippedList } from './shipped-list.ts';

export const GATEWAY_LISTS: readonly ShippedList[] = [
  {
    id: 'barracuda',
    kind: 'barracuda',
    source: 'Barracuda Campus, "Email Gateway Defense IP Ranges" (United States)',
    date: '2026-11-24',
    isSeed: true,
    ranges: ranges('64.235.144.0/20 209.222.80.0/21'),
  },
  {
    id: 'proofpoint',
    kind: 'proofpoint',
    source:
      'Proofpoint support, "IP addresses that need to be accessible", and Proofpoint Essentials, "Connection details"',
    date: '2026-11-24',
    isSeed: true,
    ranges: ranges(`
      62.209.50.0/23 66.159.224.0/19 67.231.144.0/20 91.207.212.0/23 91.209.104.0/24 148.163.128.0/19 185.132.180.0/22
      185.183.28.0/22 205.220.160.0/19 208.84.64.0/22 208.86.200.0/22`),
  },
  {
    id: 'mimecast',
    kind: 'mimecast',
    source: 'Mimecast, "Data Centers and URLs": ranges of its grids as customers allow them',
    date: '2026-11-24',
    isSeed: true,
    ranges: ranges(`
      41.74.192.0/20 51.163.158.0/24 63.128.21.0/24 91.220.42.0/24 146.101.78.0/24 147.28.36.0/24 170.10.128.0/22
      170.10.132.0/23 185.58.84.0/22 193.7.206.0/25 193.7.207.0/25 194.104.109.0/24 194.104.111.0/24 195.130.217.0/24
      205.139.110.0/23 207.82.80.0/24 207.211.30.0/24 207.211.31.0/25 213.167.75.0/25 213.167.81.0/25 216.205.24.0/24`),
  },
  {
    id: 'cisco',
    kind: 'cisco',
    source: 'Cisco Umbrella, "Secure web gateway egress ranges", and Cisco Secure Email (iphmx.com, AS16417)',
    date: '2026-11-24',
    isSeed: true,
    ranges: ranges('68.232.128.0/19 146.112.0.0/16 151.186.0.0/16 155.190.0.0/16 184.94.240.0/20'),
  },
  {
    id: 'zscaler',
    kind: 'zscaler',
    source: 'Zscaler, config.zscaler.com: hubs, recommended ranges, without those of IPv6',
    date: '2026-10-14',
    isSeed: true,
    update: {
      urls: ['https://config.zscaler.com/api/zscaler.net/hubs/cidr/json/recommended'],
      format: 'zscaler-json',
    },
    ranges: ranges(`
      101.2.192.0/18 104.129.192.0/20 112.196.99.180/32 136.226.0.0/16 137.31.0.0/16 137.83.128.0/18 147.161.128.0/17
      159.254.0.0/16 165.225.0.0/17 165.225.192.0/18 167.103.0.0/16 167.106.0.0/16 170.85.0.0/16 175.107.128.0/18
      185.46.212.0/22 194.9.96.0/20 194.9.112.0/22 194.9.116.0/24 198.14.64.0/18 199.168.148.0/24 205.220.0.0/17
      209.55.128.0/18 209.55.192.0/19 213.152.228.0/24 216.52.207.64/26 216.218.133.192/26`),
  },
];
