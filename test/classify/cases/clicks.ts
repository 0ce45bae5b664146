// Clicks that are judged by themselves, one situation of the documentation each.
import { type Case, FOLLOWS, HOUR, makeCase, UA } from './case.ts';

const click = { event: 'click', ua: UA.chrome } as const;
const follows = { ...click, headers: FOLLOWS } as const;

export const CLICKS: readonly Case[] = [
  makeCase('at home', ['human', { ...follows, network: 'residential' }]),
  makeCase('on a phone', ['human', { ...follows, ua: UA.android, network: 'mobile' }]),
  makeCase('in an office', ['human', { ...follows, ua: UA.edge, network: 'corporate' }]),
  makeCase('a browser of which only the language speaks', [
    'human',
    { ...click, headers: { 'accept-language': 'ja' } },
  ]),
  makeCase('a browser that says nothing', ['unknown', { ...click, network: 'residential' }]),
  makeCase('with Private Relay', ['human', { ...follows, ua: UA.iphone, network: 'apple-relay' }]),
  makeCase('through Safe Links, in one’s own browser', [
    'human',
    { ...click, network: 'corporate', headers: { referer: 'https://eur01.safelinks.protection.outlook.com/' } },
  ]),
  makeCase('through a web gateway, hours later', ['human', { ...follows, network: 'zscaler', afterMs: 4 * HOUR }]),
  makeCase('a phone called CUBOT', [
    'human',
    {
      ...follows,
      ua: 'Mozilla/5.0 (Linux; Android 11; CUBOT_KINGKONG_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Mobile Safari/537.36',
      network: 'mobile',
    },
  ]),
  makeCase('an old browser at home', [
    'human',
    {
      ...click,
      ua: 'Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:78.0) Gecko/20100101 Firefox/78.0',
      network: 'residential',
      headers: { 'accept-language': 'pl' },
    },
  ]),
  makeCase('Opera of old', [
    'human',
    {
      ...click,
      ua: 'Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18',
      network: 'residential',
      headers: { 'accept-language': 'ru' },
    },
  ]),
  makeCase('unsubscribing by hand', ['human', { ...follows, event: 'unsubscribe', network: 'residential' }]),
  makeCase('a whole browser at Microsoft’s', ['unknown', { ...follows, ua: UA.edge, network: 'microsoft' }]),
  makeCase('a poor browser at Microsoft’s', ['scanner', { ...click, network: 'microsoft', afterMs: 7_000 }]),
  makeCase('Exchange Online Protection clicks', [
    'scanner',
    { ...follows, network: 'microsoft-eop', afterMs: 2 * HOUR },
  ]),
  makeCase('HEAD of a link', ['scanner', { ...click, method: 'HEAD', network: 'corporate' }]),
  makeCase('Apple’s bare agent clicks', ['scanner', { event: 'click', ua: UA.bare, network: 'residential' }]),
  makeCase('MSIE 10 from a datacenter', [
    'scanner',
    {
      event: 'click',
      ua: 'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Win64; x64; Trident/6.0)',
      network: 'datacenter',
      afterMs: 11_000,
    },
  ]),
  makeCase('Firefox 2', [
    'scanner',
    {
      event: 'click',
      ua: 'Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.8.1.20) Gecko/20081217 Firefox/2.0.0.20',
      network: 'datacenter',
    },
  ]),
  makeCase('Trident on a Mac', [
    'scanner',
    { event: 'click', ua: 'Mozilla/5.0 (Apple Mac OS X v10.10.1; Trident/7.0; rv:11.0) like Gecko' },
  ]),
  makeCase('Barracuda follows the first link only', [
    'scanner',
    { ...click, link: 0, ptr: 'd1729.ess.barracudanetworks.com', network: 'datacenter', afterMs: 5_000 },
  ]),
  makeCase('Proofpoint, fast', ['scanner', { ...click, network: 'proofpoint', afterMs: 14_000 }]),
  makeCase('Mimecast, fast', ['scanner', { ...click, ua: UA.explorer, network: 'mimecast', afterMs: 8_000 }]),
  makeCase('Cisco, fast', ['scanner', { ...click, network: 'cisco', afterMs: 3_000 }]),
  makeCase('a datacenter, an hour later', ['scanner', { ...click, network: 'datacenter' }]),
  makeCase('before the delivery, by minutes', ['scanner', { ...click, afterMs: -90_000, network: 'unknown' }]),
  makeCase('prerendered', [
    'prefetch',
    { ...click, network: 'mobile', headers: { ...FOLLOWS, 'sec-purpose': 'prefetch;prerender' } },
  ]),
  makeCase('Firefox prefetches', [
    'prefetch',
    { ...click, ua: UA.firefox, network: 'residential', headers: { 'x-moz': 'prefetch' } },
  ]),
  makeCase('prefetched through Google', [
    'prefetch',
    { ...click, network: 'google', headers: { 'sec-purpose': 'prefetch;anonymous-client-ip' } },
  ]),
  ...[
    'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
    'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com',
    'WhatsApp/2.2521.9 W',
    'TelegramBot (like TwitterBot)',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
    'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)',
    'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
    'Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; MicrosoftPreview/2.0; +https://aka.ms/MicrosoftPreview) Chrome/131.0 Safari/537.36',
    'Iframely/1.3.1 (+https://iframely.com/docs/about)',
    'Twitterbot/1.0',
    'WhatsApp',
    'Viber',
    'Valve/Steam HTTP Client 1.0 (SteamChatURLLookup)',
    'Synapse (bot; +https://github.com/matrix-org/synapse)',
    'Notion/1.0 (https://notion.so; team@makenotion.com)',
    'DingTalkBot-LinkService/1.0 (+https://open-doc.dingtalk.com/microapp/faquestions/ftpfeu)',
    'SummalyBot/5.1.0',
    'Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots',
  ].map((ua) =>
    makeCase(`preview by ${ua}`, ['preview', { event: 'click', ua, network: 'datacenter', afterMs: 30 * HOUR }]),
  ),
  ...[
    'Wget/1.24.5',
    'Python/3.12 aiohttp/3.10.5',
    'Go-http-client/2.0',
    'okhttp/4.12.0',
    'Java/21.0.4',
    'AHC/2.1',
    'Apache-HttpClient/4.5.14 (Java/17.0.12)',
    'lua-resty-http/0.17.2 (Lua) ngx_lua/10026',
    'node-fetch/1.0 (+https://github.com/bitinn/node-fetch)',
    'GuzzleHttp/7',
    UA.chrome.replace('Chrome/', 'HeadlessChrome/'),
    'Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1',
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'Linkwatcherbot/0.4',
    'Pcore-HTTP/v0.44.0',
    'CustomAsyncHttpClient',
    UA.chrome.replace(/$/, ' Hardenize'),
    'Mozilla/5.0 zgrab/0.x',
  ].map((ua) =>
    makeCase(`a program: ${ua}`, ['scanner', { event: 'click', ua, network: 'datacenter', afterMs: 6 * HOUR }]),
  ),
];
