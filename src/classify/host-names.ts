// Names of addresses in reverse DNS, as far as a rule can use them: how they end. The rest of a name says nothing to a
// rule, and may hold the address itself, so it need not be kept.
import type { NetworkKind } from '../base/nouns.ts';

interface NamedNetwork {
  /** What is left of such a name without what differs from address to address. */
  readonly end: string;
  readonly is: RegExp;
  readonly network: NetworkKind;
  readonly source: string;
}

/** Networks that are known by names, too. */
const NAMED_NETWORKS: readonly NamedNetwork[] = [
  {
    end: 'google-proxy-.google.com',
    is: /(?:^|\.)google-proxy-[^.]*\.google\.com$/,
    network: 'google',
    source:
      'Google, “Verify requests from Google crawlers and fetchers”: fetchers of Google itself, users trigger them',
  },
  {
    end: 'rate-limited-proxy-.google.com',
    is: /(?:^|\.)rate-limited-proxy-[^.]*\.google\.com$/,
    network: 'google-crawler',
    source: 'The same: special-case crawlers',
  },
  {
    end: 'crawl-.googlebot.com',
    is: /(?:^|\.)(?:geo-)?crawl-[^.]*\.(?:geo\.)?googlebot\.com$/,
    network: 'google-crawler',
    source: 'The same: common crawlers',
  },
  {
    end: '.gae.googleusercontent.com',
    is: /\.gae\.googleusercontent\.com$/,
    network: 'google-cloud',
    source: 'The same: fetchers of Google’s customers',
  },
];

/** Ends of names that mail security services give their addresses (EmailEngine). */
const GATEWAY_HOSTS: readonly string[] = ['.barracuda.com', '.barracudanetworks.com', '.spfbl.net'];

/** Kinds that leave room for a name to say more: a provider's says as much, and at home and on the way nobody scans mail. */
const SAY_LITTLE: ReadonlySet<NetworkKind> = new Set<NetworkKind>(['unknown', 'datacenter', 'corporate']);

/** Whether the name of an address says more than the kind of its network. */
export function mayBeNamed(network: NetworkKind): boolean {
  return SAY_LITTLE.has(network);
}

/** A name in one case and without a final dot. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** The kind of network that a plain name stands for, if any. */
export function networkNamed(name: string): NetworkKind | undefined {
  return name === '' ? undefined : NAMED_NETWORKS.find(({ is }) => is.test(name))?.network;
}

/** Whether a plain name is that of a mail security service. */
export function isGatewayHost(name: string): boolean {
  return GATEWAY_HOSTS.some((end) => name.endsWith(end));
}

/**
 * The longest end of a name that a rule looks at: it makes every rule speak that the name does. Nothing when none does.
 *
 * @param hosts the ends that the sender's own rules name.
 */
export function knownEndOf(name: string, hosts: readonly string[]): string | undefined {
  const plain = plainName(name);
  const ends = [...GATEWAY_HOSTS, ...hosts].filter((end) => plain.endsWith(end));
  const named = NAMED_NETWORKS.filter(({ is }) => is.test(plain)).map(({ end }) => end);
  return [...named, ...ends].sort((a, b) => b.length - a.length)[0];
}
