// Notices that a proxy stands between the collector and its readers and nobody said so: then all readers look like one,
// or like a content network, and what they are cannot be known. It names that and guesses nothing: hits that came so get
// the network `cdn`, by which their verdict is `unknown`.
import { hiddenWindowHits, sameAddressHits, sameAddressMs, sameAddressRecipients } from '../base/limits.ts';
import type { NetworkKind } from '../base/nouns.ts';
import { couldHideReaders, isCdnAgent } from '../networks/hidden-reader.ts';
import { isPrivate } from './private-address.ts';

/** Why readers cannot be told apart. */
export type ClientProblem = 'untrusted-proxy' | 'cdn-agent' | 'same-address';

/** What each problem is, and what to do. */
export const CLIENT_PROBLEMS: Readonly<Record<ClientProblem, string>> = {
  'untrusted-proxy':
    'Most requests come through a proxy that is not trusted, so who asked is not known and verdicts are unknown. Name it with --trusted-proxies (its number or addresses) or TELLTALE_TRUSTED_PROXIES.',
  'cdn-agent':
    'Most requests carry the user agent of a content network in the place of the reader’s, so verdicts are unknown. Let it forward the User-Agent header.',
  'same-address': `The last ${sameAddressHits} hits and more, of ${sameAddressRecipients} recipients or more, came from one address. If a proxy stands in front of the collector, name it with --trusted-proxies; until then verdicts are unknown.`,
};

/** What is known of the request behind a hit. */
export interface WatchedRequest {
  readonly address: string;
  readonly network: NetworkKind;
  readonly recipient: string | null;
  readonly userAgent: string;
  /** Whether a proxy says that it passed the request on. */
  readonly isForwarded: boolean;
  readonly atMs: number;
}

export interface ClientWatch {
  /** Takes note of a hit; the kind of network it is kept with. */
  look(request: WatchedRequest): NetworkKind;
  /** What is wrong now, if anything. */
  problem(): ClientProblem | undefined;
}

export interface ClientWatchOptions {
  /** Whether the owner has named proxies in front. */
  readonly hasTrustedProxies: boolean;
  /** Told of each problem once. */
  readonly onProblem: (problem: ClientProblem) => void;
  /** Told of the request by which one address was found to be a proxy's, once for each such address. */
  readonly onSameAddress: (request: Pick<WatchedRequest, 'address' | 'atMs'>) => void;
}

/** Starts watching; it remembers one address, some recipients and a few numbers. */
export function watchClients({ hasTrustedProxies, onProblem, onSameAddress }: ClientWatchOptions): ClientWatch {
  const told = new Set<ClientProblem>();
  const isSame = watchAddress();
  const isProxied = watchShare();
  const isAgentReplaced = watchShare();
  let problem: ClientProblem | undefined;
  let sameAddress: string | undefined;

  return {
    problem: () => problem,
    look(request) {
      const isUntrusted = !hasTrustedProxies && comesThroughProxy(request);
      const proxied = isProxied(isUntrusted);
      const replaced = isAgentReplaced(isCdnAgent(request.userAgent));
      const same = isSame(request);
      if (same && request.address !== sameAddress) onSameAddress(request);
      if (same) sameAddress = request.address;
      problem = proxied ? 'untrusted-proxy' : replaced ? 'cdn-agent' : same ? 'same-address' : undefined;
      if (problem !== undefined && !told.has(problem)) {
        told.add(problem);
        onProblem(problem);
      }
      return isUntrusted || same ? 'cdn' : request.network;
    },
  };
}

/** A proxy says so itself, and its address is none a reader could have: one of a private network, or a content network's. */
function comesThroughProxy({ address, network, isForwarded }: WatchedRequest): boolean {
  return isForwarded && (network === 'cdn' || isPrivate(address));
}

/** Whether at least half of the last hits were so. */
function watchShare(): (isSo: boolean) => boolean {
  let hits = 0;
  let so = 0;
  let isMost = false;
  return (is) => {
    hits += 1;
    if (is) so += 1;
    if (so * 2 >= hiddenWindowHits) isMost = true;
    if (hits === hiddenWindowHits) {
      isMost = so * 2 >= hiddenWindowHits;
      hits = 0;
      so = 0;
    }
    return isMost;
  };
}

/** Whether hits come from one address for so many recipients, and so long, that it must be a proxy's. */
function watchAddress(): (request: WatchedRequest) => boolean {
  let address = '';
  let hits = 0;
  let fromMs = 0;
  const recipients = new Set<string>();
  return (request) => {
    if (request.address !== address) {
      address = request.address;
      hits = 0;
      fromMs = request.atMs;
      recipients.clear();
    }
    // Who looks at many people's mail in a known network is no proxy of ours.
    if (request.network !== 'cdn' && !couldHideReaders(request.network)) return false;
    hits += 1;
    if (request.recipient !== null && recipients.size < sameAddressRecipients) recipients.add(request.recipient);
    if (hits < sameAddressHits || recipients.size < sameAddressRecipients) return false;
    // In a private network each reader has an address; elsewhere it could be a gateway at work.
    return isPrivate(address) || request.atMs - fromMs >= sameAddressMs;
  };
}
