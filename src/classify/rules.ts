// The rules by which a request is judged, as an ordered table: the first that holds gives the label. Each names the
// documented behaviour it rests on. Weak signals and evidence from other hits are not among them yet.
import type { Label } from '../base/nouns.ts';

/** Changes with every change of a rule. */
export const RULES_VERSION = '2026-11-24.1';

/** What a rule may look at. */
export interface Signals {
  readonly event: 'open' | 'click' | 'unsubscribe';
  readonly method: string;
  readonly network: string;
  readonly honeypot: boolean;
  /** Cut to 512 characters. */
  readonly userAgent: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Rule {
  readonly id: string;
  readonly label: Label;
  /** 0 to 1: how sure the label is when the rule holds. */
  readonly certainty: number;
  readonly when: (signals: Signals) => boolean;
  readonly source: string;
}

const IMAGE_PROXY =
  /GoogleImageProxy|via ggpht\.com|YahooMailProxy|FastmailUA\/|RamblerMail\/|SeznamEmailProxy\/|secureurl\.fwdcdn\.com|Shortwave Image Fetcher/i;
const UNFURLER =
  /Slackbot-LinkExpanding|Slack-ImgProxy|SkypeUriPreview|WhatsApp\/|TelegramBot|facebookexternalhit|LinkedInBot|Discordbot|Twitterbot|MicrosoftPreview|Iframely|github-camo|Yahoo Link Preview/i;
const LIBRARY =
  /^(?:curl|Wget|python-requests|python-urllib|Python\/|aiohttp|Go-http-client|okhttp|Java\/|AHC\/|Apache-HttpClient|lua-resty-http|axios\/|node-fetch|undici|node$|libwww-perl|PHP\/|Ruby$|GuzzleHttp|Scrapy)/i;
const HEADLESS = /HeadlessChrome|PhantomJS|Puppeteer|Playwright/i;
const OUTLOOK = /Microsoft Office\/\d|Microsoft Outlook|ms-office|Outlook-(?:iOS|Android)\//i;
const BROWSER = /^Mozilla\/5\.0 \([^)]+\).+?(?:Chrome|Safari|Firefox|AppleWebKit|Thunderbird|Trident|Gecko)/i;
const SPECULATIVE = /prefetch|prerender|preview/i;

/** In order; `unknown` is the answer when none holds. */
export const RULES: readonly Rule[] = [
  {
    id: 'office-probe',
    label: 'prefetch',
    certainty: 0.95,
    when: ({ userAgent }) => /Microsoft Office (?:Protocol|Existence) Discovery/i.test(userAgent),
    source: 'Office probes a link with OPTIONS and HEAD before the browser opens it (Microsoft Learn archive)',
  },
  {
    id: 'method',
    label: 'scanner',
    certainty: 0.98,
    when: ({ method }) => method !== 'GET' && method !== 'POST',
    source: 'No mail client or browser shows a mail by HEAD or OPTIONS (mautic#15844, mautic#14916)',
  },
  {
    id: 'speculative-header',
    label: 'prefetch',
    certainty: 0.95,
    when: ({ headers }) =>
      ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'].some((name) => SPECULATIVE.test(headers[name] ?? '')),
    source: 'Sec-Purpose (Fetch standard) and its forerunners mark loads ahead of a visit',
  },
  {
    id: 'honeypot',
    label: 'scanner',
    certainty: 0.99,
    when: ({ honeypot }) => honeypot,
    source: 'No person sees this link',
  },
  {
    id: 'gmail-prefetch',
    label: 'prefetch',
    certainty: 0.9,
    when: ({ event, userAgent }) => event === 'open' && /Edge\/12\.246 Mozilla\/5\.0$/.test(userAgent),
    source: 'Gmail loads images ahead while a session is open (SparkPost, 2021)',
  },
  {
    id: 'apple-privacy',
    label: 'prefetch',
    certainty: 0.95,
    when: ({ event, userAgent, network }) =>
      event === 'open' && userAgent === 'Mozilla/5.0' && network === 'apple-relay',
    source: 'Apple Mail Privacy Protection loads all images through its relay (Postmark, Mailgun documentation)',
  },
  {
    id: 'apple-bare-agent',
    label: 'prefetch',
    certainty: 0.7,
    when: ({ event, userAgent }) => event === 'open' && userAgent === 'Mozilla/5.0',
    source: 'The user agent of Apple Mail Privacy Protection, from a network not known to be its relay',
  },
  {
    id: 'image-proxy',
    label: 'proxy-human',
    certainty: 0.85,
    when: ({ event, userAgent }) => event === 'open' && IMAGE_PROXY.test(userAgent),
    source: 'The mail provider fetches the image when someone looks (Gmail, Yahoo, Fastmail and others)',
  },
  {
    id: 'unfurler',
    label: 'preview',
    certainty: 0.95,
    when: ({ userAgent }) => UNFURLER.test(userAgent),
    source: 'Link previews of messengers and networks after sharing (crawler-user-agents)',
  },
  {
    id: 'library',
    label: 'scanner',
    certainty: 0.95,
    when: ({ userAgent }) => LIBRARY.test(userAgent),
    source: 'HTTP libraries fetch for programs (crawler-user-agents)',
  },
  {
    id: 'headless',
    label: 'scanner',
    certainty: 0.95,
    when: ({ userAgent }) => HEADLESS.test(userAgent),
    source: 'Headless browsers are driven by programs (crawler-user-agents)',
  },
  {
    id: 'outlook',
    label: 'human',
    certainty: 0.85,
    when: ({ userAgent }) => OUTLOOK.test(userAgent),
    source: 'Outlook loads images in the reader’s own client (isbot fixtures)',
  },
  {
    id: 'browser-with-language',
    label: 'human',
    certainty: 0.8,
    when: ({ userAgent, headers }) => BROWSER.test(userAgent) && (headers['accept-language'] ?? '') !== '',
    source: 'A browser that says its reader’s language',
  },
  {
    id: 'browser-open',
    label: 'human',
    certainty: 0.6,
    when: ({ event, userAgent, network }) => event === 'open' && BROWSER.test(userAgent) && network !== 'datacenter',
    source: 'A mail client’s own engine; many send no language with images',
  },
];
