// Signals that decide nothing alone: each that speaks adds its weight, for a person (above zero) or against one. Their
// ids are the reasons of the verdict, so that the sum can be had again from a verdict that was kept.
import { fastMs } from '../base/limits.ts';
import type { AgentKind } from './read-agent.ts';
import { has, isImage, isNavigation, type Signals } from './read-signals.ts';

export interface WeakSignal {
  readonly id: string;
  readonly weight: number;
  readonly when: (signals: Signals) => boolean;
  readonly source: string;
}

const VENDORS: ReadonlySet<string> = new Set(['proofpoint', 'mimecast', 'cisco', 'zscaler']);
const HOSTING: ReadonlySet<string> = new Set(['datacenter', 'google-cloud', 'google', 'google-crawler']);
const BROWSERS: ReadonlySet<AgentKind> = new Set<AgentKind>(['browser', 'stale', 'edge-12']);
const REWRITER =
  /^https?:\/\/(?:[a-z0-9-]+\.)*(?:safelinks\.protection\.outlook\.com|urldefense\.com|urldefense\.proofpoint\.com|mimecast\.com|secure-web\.cisco\.com)(?:[/:]|$)/i;

/** Whether the agent is one with which people read. */
export function isBrowser({ agent }: Pick<Signals, 'agent'>): boolean {
  return BROWSERS.has(agent.kind);
}

export const WEAK_SIGNALS: readonly WeakSignal[] = [
  {
    id: 'browser-open',
    weight: 1.5,
    when: (signals) => signals.event === 'open' && isBrowser(signals),
    source: 'A mail client’s own engine shows the image; many send no language with images',
  },
  {
    id: 'language',
    weight: 2,
    when: ({ headers }) => has(headers, 'accept-language'),
    source: 'A browser says its reader’s language; few programs do',
  },
  {
    id: 'no-language',
    weight: -1,
    when: (signals) => signals.event !== 'open' && isBrowser(signals) && !has(signals.headers, 'accept-language'),
    source: 'A browser that follows a link sends its reader’s language',
  },
  {
    id: 'navigation',
    weight: 1,
    when: ({ event, headers }) => event !== 'open' && isNavigation(headers),
    source: 'Sec-Fetch-User and Sec-Fetch-Mode of a click (Fetch Metadata)',
  },
  {
    id: 'image-load',
    weight: 1,
    when: ({ event, headers }) => event === 'open' && isImage(headers),
    source: 'Sec-Fetch-Dest of an image that a page shows (Fetch Metadata)',
  },
  {
    id: 'rewriter-referer',
    weight: 2,
    when: ({ event, headers }) => event !== 'open' && REWRITER.test(headers['referer'] ?? ''),
    source: 'A link rewriter sent the reader’s own browser on; it does not fetch itself (Microsoft, Safe Links)',
  },
  {
    id: 'home-network',
    weight: 1,
    when: ({ network }) => network === 'residential',
    source: 'Where people read',
  },
  {
    id: 'mobile-network',
    weight: 1,
    when: ({ network }) => network === 'mobile',
    source: 'Where people read; many share an address',
  },
  {
    id: 'office-network',
    weight: 0.5,
    when: ({ network }) => network === 'corporate',
    source: 'Where people read, and gateways stand',
  },
  {
    id: 'private-relay',
    weight: 1,
    when: ({ network }) => network === 'apple-relay',
    source: 'A whole browser through Apple’s relay is a person with Private Relay (Word to the Wise, 2021)',
  },
  {
    id: 'hosting-network',
    weight: -2.5,
    when: ({ network }) => HOSTING.has(network),
    source: 'Programs run in datacenters; so do some people’s VPNs',
  },
  {
    id: 'gateway-network',
    weight: -2,
    when: ({ network }) => VENDORS.has(network),
    source: 'A security vendor’s network: probable, since people browse through vendors’ proxies too (warmbly#526)',
  },
  {
    id: 'microsoft-click',
    weight: -3,
    when: ({ event, network }) => event !== 'open' && network === 'microsoft',
    source: 'Defender follows links from Microsoft’s general addresses (AS8075, AS8074, AS12076; warmbly#412)',
  },
  {
    id: 'microsoft-open',
    weight: -1.5,
    when: ({ event, network }) => event === 'open' && network === 'microsoft',
    source: 'From Microsoft’s general addresses scanners and its image proxies open alike (warmbly#412)',
  },
  {
    id: 'very-fast',
    weight: -2,
    when: ({ sinceMs }) => sinceMs >= 1_000 && sinceMs < 2_000,
    source: 'Within 2 s of delivery: not safe alone (mautic#16263)',
  },
  {
    id: 'fast',
    weight: -0.5,
    when: ({ sinceMs }) => sinceMs >= 2_000 && sinceMs < fastMs,
    source: 'Within 30 s of delivery: not safe alone (mail-tracker#228)',
  },
  {
    id: 'stale-agent',
    weight: -3,
    when: ({ agent }) => agent.kind === 'stale',
    source: 'A browser that nobody has, or that cannot be: MSIE 10, Firefox 2, Trident on a Mac (Groundhogg)',
  },
  {
    id: 'pinned-agent',
    weight: -1,
    when: ({ agent }) => agent.text.includes('Chrome/103.0.5060.'),
    source: 'A version that scanners went on using (gophish#2357)',
  },
  {
    id: 'prefetch-like-agent',
    weight: -4,
    when: ({ agent }) => agent.kind === 'edge-12',
    source: 'The browser that Gmail’s prefetch claims to be, without what ends it',
  },
];
