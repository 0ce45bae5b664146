// What a user agent says of itself, by an ordered table: the first pattern that fits names its kind. Each pattern is
// simple and tried alone, so that a hostile agent costs no more than a long one. Kinds are remembered.
import { agentMemoMax, userAgentCharsMax } from '../base/limits.ts';

export type AgentKind =
  | 'none'
  | 'bare'
  | 'cdn'
  | 'office-probe'
  | 'gmail-prefetch'
  | 'edge-12'
  | 'google-proxy'
  | 'mail-proxy'
  | 'preview'
  | 'gateway'
  | 'headless'
  | 'library'
  | 'outlook'
  | 'ms-office'
  | 'crawler'
  | 'stale'
  | 'browser'
  | 'other';

export type AgentSystem = 'windows' | 'ios' | 'android' | 'mac' | 'linux' | 'unknown';

export interface Agent {
  /** At most 512 characters, without blanks around it. */
  readonly text: string;
  readonly kind: AgentKind;
  readonly system: AgentSystem;
}

/** In order; what none fits is `other`. */
const AGENTS: readonly { readonly kind: AgentKind; readonly is: RegExp }[] = [
  { kind: 'none', is: /^$/ },
  { kind: 'bare', is: /^Mozilla\/5\.0$/i },
  { kind: 'cdn', is: /^Amazon CloudFront/i },
  { kind: 'office-probe', is: /Microsoft Office (?:Protocol|Existence) Discovery/i },
  { kind: 'gmail-prefetch', is: /Edge\/12\.246 Mozilla\/5\.0$/i },
  { kind: 'edge-12', is: /Chrome\/42\.0\.2311\.135 Safari\/537\.36 Edge\/12\.246$/i },
  { kind: 'google-proxy', is: /GoogleImageProxy|via ggpht\.com/i },
  {
    kind: 'mail-proxy',
    is: /YahooMailProxy|FastmailUA\/|RamblerMail\/|SeznamEmailProxy\/|secureurl\.fwdcdn\.com|Shortwave Image Fetcher/i,
  },
  {
    kind: 'preview',
    is: /Slackbot|Slack-ImgProxy|SkypeUriPreview|WhatsApp\/|TelegramBot|facebookexternalhit|Facebot|LinkedInBot|Discordbot|Twitterbot/i,
  },
  {
    kind: 'preview',
    is: /MicrosoftPreview|BingPreview|Iframely|github-camo|Yahoo Link Preview|Google Web Preview|Snap ?URL ?Preview|Embedly|redditbot|vkShare/i,
  },
  {
    kind: 'preview',
    is: /GroupMeBot|KeybaseBot|Mattermost-Bot|Mastodon\/|Discourse Forum Onebox|EvernoteRichLinkBot|LinkPreview|LinkUnfurler|UnfurlBot|meta-external(?:fetcher|hit)|pinterest\.com\/bot/i,
  },
  {
    kind: 'preview',
    is: /^WhatsApp$|^Viber|SteamChatURLLookup|^Bluesky\/|BlueskyPreviewBot|^Synapse |^Notion\/|DingTalkBot-LinkService|^Friendica|^Lemmy\/|OdklBot/i,
  },
  {
    kind: 'preview',
    is: /SummalyBot|VKRobot|Mediumbot-MetaTagFetcher|Linespider|GG PeekBot|Xing Bot|Quora-Bot|FlipboardProxy|TwilioProxy|^Tumblr\//i,
  },
  { kind: 'gateway', is: /Barracuda Sentinel|^Microsoft Exchange\//i },
  { kind: 'headless', is: /HeadlessChrome|PhantomJS|Puppeteer|Playwright|SlimerJS|CasperJS|Selenium|WebDriver/i },
  {
    kind: 'library',
    is: /^(?:curl|Wget|python|aiohttp|httpx|Go-http-client|okhttp|Java\/|AHC\/|Apache-HttpClient|Jakarta|Jetty|lua-resty-http)/i,
  },
  {
    kind: 'library',
    is: /^(?:axios\/|node-fetch|undici|node$|got \(|superagent|PHP|GuzzleHttp|Ruby$|Faraday|Dart\/|HTTPie|Scrapy|colly|reqwest|PostmanRuntime|insomnia\/)/i,
  },
  {
    kind: 'library',
    is: /libwww-perl|lwp-trivial|python-requests|python-urllib|aiohttp|HttpUrlConnection|HTTrack|mechanize/i,
  },
  { kind: 'library', is: /^httpunit|^Pcore-HTTP|^http_get|AsyncHttpClient/i },
  { kind: 'ms-office', is: /ms-office/i },
  { kind: 'outlook', is: /Microsoft Office\/\d|Microsoft Outlook|Outlook-(?:iOS|Android)\//i },
  // Robots by their habits: an address in the name, "compatible" with nothing in particular, a word that ends in "bot"
  // (CUBOT makes phones).
  { kind: 'crawler', is: /(?<!cu)bots?(?![a-z])|crawl|spider|scrape|slurp|https?:\/\/|@[a-z]|\(compatible; (?!MSIE)/i },
  {
    kind: 'crawler',
    is: /scanner|scanning|checker|checklink|validator|monitor|fetcher|archiver|inspect|analy[sz]er|synthetics|lighthouse/i,
  },
  // Scanners that name themselves in one word (crawler-user-agents, tag "scanner").
  {
    kind: 'crawler',
    is: /zgrab|Nikto\/|OpenVAS|acunetix|WhatWeb\/|EmailWolf|NetSystemsResearch|SecurityHeaders|Hardenize|watchTowr|Foregenix|l9explore/i,
  },
  { kind: 'stale', is: /MSIE 10\.0|Firefox\/2\.|Mac OS X[^()]{0,40}Trident/i },
  {
    kind: 'browser',
    is: /^Mozilla\/[45]\.0 \([^)]+\).*?(?:Chrome|Safari|Firefox|AppleWebKit|Thunderbird|Trident|Gecko)/i,
  },
  { kind: 'browser', is: /^Mozilla\/[45]\.0 \([^)]*(?:MSIE|Trident)/i },
  { kind: 'browser', is: /^Opera\/\d/i },
];

const SYSTEMS: readonly { readonly system: AgentSystem; readonly is: RegExp }[] = [
  { system: 'ios', is: /iPhone|iPad|iPod/i },
  { system: 'android', is: /Android/i },
  { system: 'windows', is: /Windows/i },
  { system: 'mac', is: /Macintosh|Mac OS X/i },
  { system: 'linux', is: /Linux|X11|CrOS/i },
];

const known = new Map<string, Agent>();

/** Reads a user agent. */
export function readAgent(userAgent: string): Agent {
  const text = userAgent.slice(0, userAgentCharsMax).trim();
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  const agent: Agent = {
    text,
    kind: AGENTS.find(({ is }) => is.test(text))?.kind ?? 'other',
    system: SYSTEMS.find(({ is }) => is.test(text))?.system ?? 'unknown',
  };
  if (known.size >= agentMemoMax) known.delete(known.keys().next().value ?? '');
  known.set(text, agent);
  return agent;
}
