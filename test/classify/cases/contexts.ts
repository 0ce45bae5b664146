// Hits that other hits say something of, one situation of the documentation each.
import { type Case, FOLLOWS, HOUR, MINUTE, makeCase, SHOWS, UA, type Wanted } from './case.ts';

const click = { event: 'click', ua: UA.chrome, ip: '198.51.100.7' } as const;
const person = {
  event: 'click',
  ua: UA.firefox,
  ip: '203.0.113.80',
  network: 'residential',
  headers: FOLLOWS,
} as const;
const gateway = { ua: UA.edge, ip: '198.51.100.20', headers: FOLLOWS } as const;

/** One address asks for the mails of so many recipients. */
function fanOut(
  count: number,
  everyMs: number,
  hit: Wanted[1],
  label: Wanted[0],
  agents: readonly string[] = [UA.chrome],
): readonly Wanted[] {
  return Array.from({ length: count }, (_, n) => [
    label,
    {
      ip: '198.51.100.30',
      ua: agents[n % agents.length] ?? '',
      ...hit,
      recipient: `reader-${n}`,
      afterMs: HOUR + n * everyMs,
    },
  ]);
}

const OFFICE_AGENTS = [UA.chrome, UA.edge, UA.firefox, UA.safari, UA.outlook, UA.explorer];

export const CONTEXTS: readonly Case[] = [
  makeCase(
    'a burst over most links, and a person an hour later',
    ...[0, 1, 2, 3, 4].map(
      (link): Wanted => ['scanner', { ...gateway, event: 'click', link, afterMs: 20_000 + link * 400 }],
    ),
    ['human', { ...person, link: 2, afterMs: HOUR }],
  ),
  makeCase(
    'a burst with the pixel and the way out',
    ['scanner', { ...gateway, afterMs: 9_500, headers: SHOWS }],
    ...[0, 1, 2, 3, 4, 5].map(
      (link): Wanted => ['scanner', { ...gateway, event: 'click', link, afterMs: 10_000 + link * 100 }],
    ),
    ['scanner', { ...gateway, event: 'unsubscribe', afterMs: 10_700 }],
  ),
  makeCase(
    'a person who clicks while a gateway is at work',
    ...[0, 1, 2, 3, 4].map(
      (link): Wanted => ['scanner', { ...gateway, event: 'click', link, afterMs: HOUR + link * 300 }],
    ),
    ['human', { ...person, link: 5, afterMs: HOUR + 1_400 }],
  ),
  makeCase(
    'a burst by many addresses',
    ...[0, 1, 2, 3, 4].map(
      (link): Wanted => [
        'scanner',
        { ...gateway, event: 'click', ip: `198.51.100.${40 + link}`, link, afterMs: 2 * MINUTE + link * 500 },
      ],
    ),
  ),
  makeCase(
    'a burst in a mail of three links',
    ...[0, 1, 2].map(
      (link): Wanted => ['scanner', { ...gateway, event: 'click', link, linkCount: 3, afterMs: HOUR + link * 900 }],
    ),
  ),
  makeCase(
    'a person who follows two links at once',
    ['human', { ...person, link: 0, linkCount: 3, afterMs: HOUR }],
    ['human', { ...person, link: 1, linkCount: 3, afterMs: HOUR + 1_500 }],
  ),
  makeCase(
    'a person who reads on',
    ...[0, 1, 2, 3, 4].map((link): Wanted => ['human', { ...person, link, afterMs: HOUR + link * 20_000 }]),
  ),
  makeCase(
    'the honeypot, then the same address, then a person',
    ['scanner', { ...gateway, event: 'click', link: 6, honeypot: true, afterMs: MINUTE }],
    ['scanner', { ...gateway, event: 'click', link: 1, ua: UA.chrome, afterMs: 10 * MINUTE }],
    ['scanner', { ...gateway, event: 'click', link: 2, ua: UA.chrome, afterMs: 20 * MINUTE }],
    ['human', { ...person, link: 1, afterMs: 12 * MINUTE }],
    ['human', { ...person, link: 1, ip: gateway.ip, afterMs: 3 * HOUR }],
  ),
  makeCase(
    'the honeypot last',
    ['scanner', { ...gateway, event: 'click', link: 1, afterMs: 10_000 }],
    ['scanner', { ...gateway, event: 'click', link: 6, honeypot: true, afterMs: 14_000 }],
  ),
  makeCase(
    'the same user agent after the honeypot',
    ['scanner', { ...gateway, event: 'click', link: 6, honeypot: true, afterMs: 30_000 }],
    ['scanner', { ...gateway, event: 'click', ip: '198.51.100.21', link: 3, afterMs: 90_000 }],
  ),
  makeCase(
    'the honeypot of another reader',
    ['scanner', { ...gateway, event: 'click', link: 6, honeypot: true, recipient: 'reader-2', afterMs: MINUTE }],
    ['human', { ...person, ip: gateway.ip, afterMs: 2 * MINUTE }],
  ),
  makeCase(
    'Office probes, then its browser',
    ['prefetch', { ...click, method: 'OPTIONS', ua: 'Microsoft Office Protocol Discovery', network: 'corporate' }],
    [
      'prefetch',
      {
        ...click,
        method: 'HEAD',
        ua: 'Microsoft Office Existence Discovery',
        network: 'corporate',
        afterMs: HOUR + 300,
      },
    ],
    ['prefetch', { ...click, ua: UA.msOffice, network: 'corporate', afterMs: HOUR + 600 }],
    [
      'human',
      { ...click, ua: UA.explorer, network: 'corporate', headers: { 'accept-language': 'nl' }, afterMs: HOUR + 1_600 },
    ],
  ),
  makeCase(
    'Office probes, then a browser that says nothing',
    ['prefetch', { ...click, method: 'OPTIONS', ua: 'Microsoft Office Protocol Discovery' }],
    ['human', { ...click, ua: UA.edge, afterMs: HOUR + 1_200 }],
  ),
  makeCase(
    'twin clicks: the browser and a gateway',
    ['human', { ...person }],
    ['scanner', { ...click, ua: UA.iphone, network: 'datacenter', afterMs: HOUR + 12_000 }],
  ),
  makeCase(
    'twin clicks: the gateway first, with a language',
    ['scanner', { ...click, ua: UA.iphone, headers: { 'accept-language': 'en' }, afterMs: HOUR - 9_000 }],
    ['human', { ...person }],
  ),
  makeCase(
    'twin clicks that nothing tells apart',
    ['human', { ...person }],
    ['unknown', { ...person, ua: UA.android, ip: '203.0.113.81', afterMs: HOUR + 8_000 }],
  ),
  makeCase('a double click', ['human', { ...person }], ['human', { ...person, afterMs: HOUR + 4_000 }]),
  makeCase(
    'a phone, and the desk an hour later',
    ['human', { ...person, ua: UA.iphone, network: 'mobile', ip: '203.0.113.99' }],
    ['human', { ...person, afterMs: 2 * HOUR }],
  ),
  makeCase('one address, the mails of 14', ...fanOut(14, 3_000, { event: 'click' }, 'scanner')),
  makeCase('one address, the opens of 14', ...fanOut(14, 3_000, {}, 'scanner')),
  makeCase('an office at nine', ...fanOut(18, 3_000, { network: 'corporate', headers: SHOWS }, 'human', OFFICE_AGENTS)),
  makeCase(
    'an office over the day',
    ...fanOut(14, 25 * MINUTE, { network: 'corporate', event: 'click', headers: FOLLOWS }, 'human'),
  ),
  makeCase('a carrier’s address', ...fanOut(14, 2_000, { network: 'mobile', ua: UA.iphoneMail }, 'human')),
  makeCase('Gmail’s proxy for 14', ...fanOut(14, 2_000, { network: 'google', ua: UA.gmail }, 'proxy-human')),
  makeCase('a click without an open', ['human', { ...person }]),
  makeCase(
    'images shown by the click',
    ['human', { ...person, event: 'open', headers: SHOWS, afterMs: HOUR }],
    ['human', { ...person, afterMs: HOUR + 40 }],
  ),
  makeCase(
    'Outlook opens, a browser clicks, at home',
    ['human', { ua: UA.outlook, ip: person.ip, network: 'residential', afterMs: HOUR }],
    ['human', { ...person, afterMs: HOUR + 8_000 }],
  ),
];
