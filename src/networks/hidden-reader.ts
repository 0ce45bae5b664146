// Requests that say nothing of who asked, because somebody's proxy stands between: by the network they come from, or by
// a user agent that a content network puts in the place of the reader's. Of such a hit nothing is guessed.
import type { NetworkKind } from '../base/nouns.ts';

/** Whether an address of this kind of network could be a proxy's; what is known of others says more than that many come from it. */
export function couldHideReaders(network: NetworkKind): boolean {
  return network === 'unknown' || network === 'datacenter';
}

/** User agents of content networks that fetch from their customers, as they begin. */
const CDN_AGENTS: readonly { readonly agent: string; readonly source: string }[] = [
  {
    agent: 'Amazon CloudFront',
    source: 'Amazon CloudFront, "Request behavior": User-Agent is replaced unless it is forwarded',
  },
];

/** Whether a user agent is that of a content network. */
export function isCdnAgent(userAgent: string): boolean {
  return CDN_AGENTS.some(({ agent }) => userAgent.startsWith(agent));
}

/** Whether the reader of a hit is hidden behind a proxy. */
export function isReaderHidden(hit: {
  readonly network: NetworkKind;
  readonly headers: Readonly<Record<string, string>>;
}): boolean {
  return hit.network === 'cdn' || isCdnAgent(hit.headers['user-agent'] ?? '');
}
