// Opens, one situation of the documentation each.
import { type Case, HOUR, MINUTE, makeCase, SHOWS, UA } from './case.ts';

const DAY = 24 * HOUR;

export const OPENS: readonly Case[] = [
  makeCase('Apple privacy, a second after the send', [
    'prefetch',
    { ua: UA.bare, network: 'apple-relay', afterMs: 900 },
  ]),
  makeCase('Apple privacy, at night', ['prefetch', { ua: UA.bare, network: 'apple-relay', afterMs: 11 * HOUR }]),
  makeCase('Apple privacy, of a Gmail address', [
    'prefetch',
    { ua: UA.bare, network: 'apple-relay', afterMs: 2 * DAY, recipientDomain: 'gmail.com' },
  ]),
  makeCase('Apple’s agent from an office', ['unknown', { ua: UA.bare, network: 'corporate' }]),
  makeCase('Apple’s agent from a datacenter', ['unknown', { ua: UA.bare, network: 'datacenter' }]),
  makeCase('a phone’s mail through Apple’s relay', [
    'human',
    { ua: UA.iphoneMail, network: 'apple-relay', afterMs: 5 * HOUR },
  ]),
  makeCase(
    'Gmail ahead, then a look',
    [
      'prefetch',
      { ua: UA.gmailAhead, network: 'google', afterMs: 40_000, headers: { referer: 'http://mail.google.com/' } },
    ],
    ['proxy-human', { ua: UA.gmail, network: 'google', afterMs: 47_000, ip: '192.0.2.141' }],
  ),
  makeCase('Gmail ahead, from nobody knows where', ['prefetch', { ua: UA.gmailAhead, afterMs: 3 * HOUR }]),
  makeCase('Gmail ahead, from a home', ['unknown', { ua: UA.gmailAhead, network: 'residential' }]),
  makeCase('an old Edge at home', [
    'unknown',
    { ua: UA.gmailAhead.replace(' Mozilla/5.0', ''), network: 'mobile', headers: { 'accept-language': 'de' } },
  ]),
  makeCase('Gmail', ['proxy-human', { ua: UA.gmail, network: 'google', afterMs: 3 * HOUR }]),
  makeCase('Gmail in small letters', ['proxy-human', { ua: UA.gmail.toLowerCase(), network: 'google' }]),
  makeCase('Gmail by its name in reverse DNS', [
    'proxy-human',
    { ua: UA.gmail, network: 'datacenter', ptr: 'google-proxy-66-249-84-1.google.com' },
  ]),
  makeCase('Gmail by the name of its special crawlers', [
    'proxy-human',
    { ua: UA.gmail, network: 'datacenter', ptr: 'rate-limited-proxy-66-249-88-1.google.com.' },
  ]),
  makeCase('Google’s look at a mail, by its name in reverse DNS', [
    'scanner',
    { ua: UA.chrome, network: 'datacenter', ptr: 'rate-limited-proxy-66-249-92-1.google.com' },
  ]),
  makeCase('a name that only begins like Google’s', [
    'unknown',
    { ua: UA.gmail, network: 'datacenter', ptr: 'google-proxy-66-249-84-1.google.com.example.net' },
  ]),
  makeCase('Gmail, a fast reader', ['proxy-human', { ua: UA.gmail, network: 'google', afterMs: 9_000 }]),
  makeCase('Gmail’s proxy at the send', [
    'prefetch',
    { ua: UA.gmail, network: 'google', afterMs: 1_700, headers: { 'accept-encoding': 'gzip,deflate,br' } },
  ]),
  makeCase('Gmail’s proxy, faster than anyone', ['prefetch', { ua: UA.gmail, network: 'google', afterMs: 300 }]),
  makeCase('Gmail’s name from a datacenter', ['unknown', { ua: UA.gmail, network: 'datacenter' }]),
  makeCase('Yahoo', [
    'proxy-human',
    {
      ua: 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html',
      network: 'yahoo',
      afterMs: 5 * HOUR,
    },
  ]),
  makeCase('Yahoo, somewhere else', [
    'proxy-human',
    { ua: 'YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html' },
  ]),
  makeCase('Yahoo’s link preview', [
    'preview',
    {
      ua: 'Mozilla/5.0 (compatible; Yahoo Link Preview; https://help.yahoo.com/kb/mail/yahoo-link-preview-SLN23615.html)',
      network: 'yahoo',
    },
  ]),
  makeCase('Fastmail', ['proxy-human', { ua: 'FastmailUA/1.0', network: 'datacenter', afterMs: 20 * MINUTE }]),
  makeCase('Rambler', ['proxy-human', { ua: 'RamblerMail/6.0 (incompatible; ImageProxy/6.0)', network: 'datacenter' }]),
  makeCase('Seznam', ['proxy-human', { ua: 'Mozilla/5.0 SeznamEmailProxy/2.1.3', network: 'datacenter' }]),
  makeCase('ukr.net', [
    'proxy-human',
    { ua: 'Mozilla/5.0 (via secureurl.fwdcdn.com - mail.ukr.net proxy)', network: 'datacenter' },
  ]),
  makeCase('Shortwave', ['proxy-human', { ua: 'Shortwave Image Fetcher', network: 'google-cloud' }]),
  makeCase('Outlook.com’s proxy', [
    'proxy-human',
    { ua: UA.edge, network: 'microsoft', recipientDomain: 'hotmail.co.uk', afterMs: 2 * HOUR },
  ]),
  makeCase('Outlook on Windows', ['human', { ua: UA.outlook, network: 'residential' }]),
  makeCase('an old Outlook', [
    'human',
    { ua: 'Mozilla/4.0 (compatible; ms-office; MSOffice 15)', network: 'corporate' },
  ]),
  makeCase('Outlook on a phone', ['human', { ua: 'Outlook-iOS/723.1150.prod.iphone (4.2521.0)', network: 'mobile' }]),
  makeCase('Thunderbird', [
    'human',
    {
      ua: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Thunderbird/140.1.0',
      network: 'residential',
    },
  ]),
  makeCase('Apple Mail without privacy', [
    'human',
    {
      ua: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)',
      network: 'residential',
    },
  ]),
  makeCase('a phone’s mail', ['human', { ua: UA.iphoneMail, network: 'mobile', afterMs: 7 * MINUTE }]),
  makeCase('webmail in a browser', [
    'human',
    { ua: UA.firefox, network: 'residential', headers: SHOWS, afterMs: 8_000 },
  ]),
  makeCase('a reader who asks not to be tracked', [
    'human',
    { ua: UA.safari, network: 'residential', headers: { ...SHOWS, 'sec-gpc': '1', dnt: '1' } },
  ]),
  makeCase('an Android’s own fetcher', [
    'unknown',
    { ua: 'Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A)', network: 'residential' },
  ]),
  makeCase('no user agent, late', ['unknown', { network: 'residential', afterMs: 9 * HOUR }]),
  makeCase('no user agent, at once, from a datacenter', ['scanner', { network: 'datacenter', afterMs: 3_000 }]),
  makeCase('a CDN in front', ['unknown', { ua: 'Amazon CloudFront', network: 'cdn' }]),
  makeCase('Exchange Online Protection', [
    'scanner',
    { ua: UA.edge, network: 'microsoft-eop', afterMs: 6_000, headers: SHOWS },
  ]),
  makeCase(
    'Microsoft opens and clicks as two',
    ['scanner', { ua: UA.chrome, network: 'microsoft', afterMs: 20_000 }],
    ['scanner', { event: 'click', ua: UA.explorer, network: 'microsoft', afterMs: 23_000 }],
  ),
  makeCase('an Exchange server', [
    'scanner',
    { ua: 'Microsoft Exchange/15.20 (Windows NT 10.0; Win64; x64)', network: 'microsoft', afterMs: 4_000 },
  ]),
  makeCase('Barracuda by its name', ['scanner', { ua: 'Barracuda Sentinel (EE)', network: 'datacenter' }]),
  makeCase('Barracuda by its network', ['scanner', { ua: UA.chrome, network: 'barracuda', afterMs: 12_000 }]),
  makeCase('Barracuda by its host', [
    'scanner',
    { ua: UA.safari, ptr: 'inbound22.ess.barracuda.com', network: 'datacenter', afterMs: 2 * MINUTE },
  ]),
  makeCase('Google’s security scanner', ['scanner', { ua: UA.android, network: 'google-crawler', afterMs: 15_000 }]),
  makeCase('curl', ['scanner', { ua: 'curl/8.7.1', network: 'residential' }]),
  makeCase('python-requests', ['scanner', { ua: 'python-requests/2.32.3', network: 'corporate', afterMs: 4 * MINUTE }]),
  makeCase('libwww-perl inside', ['scanner', { ua: 'LinkCheckerX/1.2 libwww-perl/6.72' }]),
  makeCase('HEAD', [
    'scanner',
    { method: 'HEAD', ua: UA.chrome, network: 'corporate', headers: { 'accept-language': 'en' } },
  ]),
  makeCase('OPTIONS', ['scanner', { method: 'OPTIONS', ua: UA.firefox }]),
  makeCase('before the delivery', [
    'scanner',
    { ua: UA.chrome, afterMs: 2_000, deliveredAtMs: Date.UTC(2026, 2, 3, 9) + 5_000 },
  ]),
  makeCase('an hour before the send', [
    'scanner',
    { ua: UA.chrome, afterMs: -HOUR, network: 'residential', headers: SHOWS },
  ]),
  makeCase('within a second', ['scanner', { ua: UA.chrome, afterMs: 600 }]),
  makeCase('a browser from a datacenter, fast', ['scanner', { ua: UA.chrome, network: 'datacenter', afterMs: 5_000 }]),
  makeCase('a browser from a datacenter, late', [
    'unknown',
    { ua: UA.chrome, network: 'datacenter', afterMs: 5 * HOUR },
  ]),
  makeCase('x-purpose: preview', [
    'prefetch',
    { ua: UA.safari, network: 'residential', headers: { ...SHOWS, 'x-purpose': 'preview' } },
  ]),
  makeCase('purpose: prefetch', ['prefetch', { ua: UA.chrome, headers: { purpose: 'prefetch' } }]),
  makeCase('Slack shows the image', [
    'preview',
    { ua: 'Slack-ImgProxy (+https://api.slack.com/robots)', network: 'datacenter', afterMs: DAY },
  ]),
  makeCase('GitHub shows the image', [
    'preview',
    { ua: 'github-camo (876de43e)', network: 'datacenter', afterMs: DAY },
  ]),
  makeCase('a crawler by its habits', [
    'scanner',
    { ua: 'Mozilla/5.0 (compatible; Pixelharvest/3.1; +https://pixelharvest.example/about)' },
  ]),
  makeCase('without a send time', ['human', { ua: UA.chrome, network: 'residential', sentAtMs: null, headers: SHOWS }]),
  makeCase('Apple’s agent, from nobody knows where', ['prefetch', { ua: UA.bare, afterMs: 3 * HOUR }]),
  makeCase('a browser within two seconds', ['unknown', { ua: UA.chrome, afterMs: 1_400 }]),
  makeCase('a version that scanners kept, from a datacenter', [
    'scanner',
    {
      ua: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103.0.5060.134 Safari/537.36',
      network: 'datacenter',
    },
  ]),
];
