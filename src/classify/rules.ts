// The rules that decide alone, as an ordered table: the first that holds gives the label. Each names the documented
// behaviour it rests on. What none decides is weighed (weak-signals.ts); evidence from other hits comes on top
// (context-rules.ts).
import { clockDifferenceMs, fastMs } from '../base/limits.ts';
import type { Label } from '../base/nouns.ts';
import { isGatewayHost } from './host-names.ts';
import type { AgentKind } from './read-agent.ts';
import type { Signals } from './read-signals.ts';

/** Changes with every change of a rule, a weak signal or a context rule. */
export const RULES_VERSION = '2026-11-29.1';

export interface Rule {
  readonly id: string;
  readonly label: Label;
  /** 0 to 1: how sure the label is when the rule holds. */
  readonly certainty: number;
  readonly when: (signals: Signals) => boolean;
  readonly source: string;
}

const GOOGLE: ReadonlySet<string> = new Set(['google', 'google-crawler', 'google-cloud']);
/** Kinds that say nothing against an agent's own word: none known, or a front that hides the client. */
const UNKNOWN_PLACES: ReadonlySet<string> = new Set(['unknown', 'cdn']);
const PROXIES: ReadonlySet<AgentKind> = new Set<AgentKind>(['google-proxy', 'mail-proxy', 'gmail-prefetch', 'bare']);
const BROWSERS: ReadonlySet<AgentKind> = new Set<AgentKind>(['browser', 'stale', 'edge-12']);
/** Domains of Outlook.com. */
export const CONSUMER_OUTLOOK: RegExp = /^(?:outlook|hotmail|live|msn|passport)\.[a-z]{2,3}(?:\.[a-z]{2})?$/;
const SPECULATIVE = /prefetch|prerender|preview/i;
const SPECULATIVE_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/** Gmail's proxy asks for no other encodings when nobody opened the mail. */
const PROXY_ENCODINGS = 'gzip,deflate,br';
const AT_SEND_MS = 2_500;
const NO_PERSON_MS = 1_000;

function isProxyOpen({ event, agent }: Signals): boolean {
  return event === 'open' && PROXIES.has(agent.kind);
}

function isPlain(headers: Signals['headers']): boolean {
  return (headers['accept-encoding'] ?? '').replaceAll(' ', '') === PROXY_ENCODINGS;
}

/** A reason beside the rule that decides: it says what the rules that need a send will ask, should it be told later. */
export const PLAIN_PROXY = 'plain-proxy';

/** Whether Google's proxy asked as it does when nobody opened the mail; alone that says nothing. */
export function isPlainProxy({ event, agent, headers }: Signals): boolean {
  return event === 'open' && agent.kind === 'google-proxy' && isPlain(headers);
}

/** Whether a rule may look at the domain to which this mail was sent. */
export function asksForDomain({ event, network }: Pick<Signals, 'event' | 'network'>): boolean {
  return event === 'open' && network === 'microsoft';
}

function isElsewhere({ network }: Signals, networks: ReadonlySet<string>): boolean {
  return !networks.has(network) && !UNKNOWN_PLACES.has(network);
}

/** In order. */
export const RULES: readonly Rule[] = [
  {
    id: 'office-probe',
    label: 'prefetch',
    certainty: 0.95,
    when: ({ agent }) => agent.kind === 'office-probe',
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
    when: ({ headers }) => SPECULATIVE_HEADERS.some((name) => SPECULATIVE.test(headers[name] ?? '')),
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
    id: 'gmail-proxy-at-send',
    label: 'prefetch',
    certainty: 0.8,
    when: ({ event, agent, sinceMs, headers }) =>
      event === 'open' &&
      agent.kind === 'google-proxy' &&
      (sinceMs < NO_PERSON_MS || (sinceMs <= AT_SEND_MS && isPlain(headers))),
    source: 'Google’s proxy fetches within 2 s of the send when nobody opened the mail (gophish#1390)',
  },
  {
    id: 'before-delivery',
    label: 'scanner',
    certainty: 0.95,
    when: (signals) => signals.sinceMs < -clockDifferenceMs && !isProxyOpen(signals),
    source: 'Nobody reads a mail that is not there (Custobar; mautic#16263)',
  },
  {
    id: 'at-delivery',
    label: 'scanner',
    certainty: 0.8,
    when: (signals) => signals.sinceMs < NO_PERSON_MS && !isProxyOpen(signals),
    source: 'Before delivery or within a second of it, by less than clocks may differ (Collie#50, mautic#14593)',
  },
  {
    id: 'apple-privacy',
    label: 'prefetch',
    certainty: 0.95,
    when: ({ event, agent, network }) => event === 'open' && agent.kind === 'bare' && network === 'apple-relay',
    source: 'Apple Mail Privacy Protection loads all images through its relay (Postmark, Mailgun documentation)',
  },
  {
    id: 'apple-bare-agent',
    label: 'prefetch',
    certainty: 0.6,
    when: ({ event, agent, network }) => event === 'open' && agent.kind === 'bare' && UNKNOWN_PLACES.has(network),
    source: 'The user agent of Apple Mail Privacy Protection, from an address of which nothing is known',
  },
  {
    id: 'bare-agent-elsewhere',
    label: 'unknown',
    certainty: 0.55,
    when: ({ event, agent }) => event === 'open' && agent.kind === 'bare',
    source: 'Apple’s user agent from a network that is not Apple’s (ClickDimensions)',
  },
  {
    id: 'bare-agent-click',
    label: 'scanner',
    certainty: 0.85,
    when: ({ event, agent }) => event !== 'open' && agent.kind === 'bare',
    source: 'Apple’s proxy loads images; who follows a link names a browser (Groundhogg)',
  },
  {
    id: 'gmail-prefetch',
    label: 'prefetch',
    certainty: 0.95,
    when: ({ event, agent, network }) => event === 'open' && agent.kind === 'gmail-prefetch' && GOOGLE.has(network),
    source: 'Gmail loads images ahead while a session is open (SparkPost, 2021)',
  },
  {
    id: 'gmail-prefetch-agent',
    label: 'prefetch',
    certainty: 0.75,
    when: ({ event, agent, network }) =>
      event === 'open' && agent.kind === 'gmail-prefetch' && UNKNOWN_PLACES.has(network),
    source: 'The user agent of Gmail’s prefetch, from an address of which nothing is known',
  },
  {
    id: 'gmail-prefetch-elsewhere',
    label: 'unknown',
    certainty: 0.55,
    when: ({ event, agent }) => event === 'open' && agent.kind === 'gmail-prefetch',
    source: 'The user agent of Gmail’s prefetch from a network that is not Google’s: the address settles it',
  },
  {
    id: 'eop',
    label: 'scanner',
    certainty: 0.95,
    when: ({ network }) => network === 'microsoft-eop',
    source: 'Exchange Online Protection opens mails and follows links before delivery (warmbly#410)',
  },
  {
    id: 'barracuda-network',
    label: 'scanner',
    certainty: 0.9,
    when: ({ network }) => network === 'barracuda',
    source: 'Barracuda follows links from its own addresses and names itself nowhere else (Act-On help)',
  },
  {
    id: 'gateway-host',
    label: 'scanner',
    certainty: 0.95,
    when: ({ ptr }) => isGatewayHost(ptr),
    source: 'The address has the name of a mail security service in reverse DNS (EmailEngine)',
  },
  {
    id: 'google-scanner',
    label: 'scanner',
    certainty: 0.9,
    when: ({ network, agent }) => network === 'google-crawler' && BROWSERS.has(agent.kind),
    source: 'A browser’s user agent from Google’s crawler addresses is its security scanner (emailengine#349)',
  },
  {
    id: 'outlook-image-proxy',
    label: 'proxy-human',
    certainty: 0.7,
    when: ({ event, network, agent, domain, sinceMs }) =>
      event === 'open' &&
      network === 'microsoft' &&
      BROWSERS.has(agent.kind) &&
      CONSUMER_OUTLOOK.test(domain) &&
      !(sinceMs < fastMs),
    source:
      'Outlook.com loads images through Microsoft’s addresses when someone looks; its scanners click (warmbly#412)',
  },
  {
    id: 'google-proxy',
    label: 'proxy-human',
    certainty: 0.9,
    when: (signals) =>
      signals.event === 'open' && signals.agent.kind === 'google-proxy' && !isElsewhere(signals, GOOGLE),
    source: 'Gmail’s proxy fetches an image when someone first looks, and keeps it (mautic#16069)',
  },
  {
    id: 'google-proxy-elsewhere',
    label: 'unknown',
    certainty: 0.55,
    when: ({ event, agent }) => event === 'open' && agent.kind === 'google-proxy',
    source:
      'The name of Gmail’s proxy from a network that is not Google’s: a name can be forged (Google, “Verify requests”)',
  },
  {
    id: 'image-proxy',
    label: 'proxy-human',
    certainty: 0.85,
    when: ({ event, agent }) => event === 'open' && agent.kind === 'mail-proxy',
    source:
      'Yahoo, Fastmail, Rambler, Seznam, ukr.net and Shortwave fetch an image when someone looks (isbot fixtures)',
  },
  {
    id: 'unfurler',
    label: 'preview',
    certainty: 0.95,
    when: ({ agent }) => agent.kind === 'preview',
    source: 'Link previews of messengers and networks after sharing (crawler-user-agents)',
  },
  {
    id: 'gateway-agent',
    label: 'scanner',
    certainty: 0.95,
    when: ({ agent }) => agent.kind === 'gateway',
    source: 'Mail gateways that name themselves: Barracuda Sentinel, Microsoft Exchange (Groundhogg)',
  },
  {
    id: 'library',
    label: 'scanner',
    certainty: 0.95,
    when: ({ agent }) => agent.kind === 'library',
    source: 'HTTP libraries fetch for programs (crawler-user-agents)',
  },
  {
    id: 'headless',
    label: 'scanner',
    certainty: 0.95,
    when: ({ agent }) => agent.kind === 'headless',
    source: 'Headless browsers are driven by programs (crawler-user-agents)',
  },
  {
    id: 'crawler',
    label: 'scanner',
    certainty: 0.9,
    when: ({ agent }) => agent.kind === 'crawler',
    source: 'Robots name themselves and leave an address (crawler-user-agents)',
  },
  {
    id: 'hidden-reader',
    label: 'unknown',
    certainty: 0.55,
    when: ({ agent, network }) => agent.kind === 'cdn' || network === 'cdn',
    source: 'A CDN in front put its own address or user agent in the place of the client’s (SendGrid 4452853929115)',
  },
  {
    id: 'no-agent-hosted',
    label: 'scanner',
    certainty: 0.8,
    when: ({ agent, network, sinceMs }) =>
      agent.kind === 'none' && (network === 'datacenter' || network === 'google-cloud') && sinceMs < fastMs,
    source: 'No user agent, from a datacenter, within 30 s of delivery: each alone says little (warmbly)',
  },
  {
    id: 'outlook',
    label: 'human',
    certainty: 0.85,
    when: ({ agent }) => agent.kind === 'outlook' || agent.kind === 'ms-office',
    source: 'Outlook loads images in the reader’s own client (isbot fixtures)',
  },
];
