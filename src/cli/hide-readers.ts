// Hits of a log that was written behind a proxy: all come from one address, or with the user agent of a content network.
// That is named, by the rules of the collector, and nothing is guessed of who asked.
import { NETWORK_KINDS, type NetworkKind } from '../base/nouns.ts';
import type { KnownNetworks } from '../classify/classify.ts';
import type { ClassifyHit } from '../classify/read-signals.ts';
import { couldHideReaders } from '../networks/hidden-reader.ts';
import { type ClientProblem, watchClients } from '../server/watch-clients.ts';

const SENTENCES: Readonly<Record<Exclude<ClientProblem, 'untrusted-proxy'>, string>> = {
  'same-address':
    'Most hits come from one address, as from a proxy that stands before whoever wrote this, so what is said of them is unknown. Have the address of the reader written in place of the proxy’s.',
  'cdn-agent':
    'Most hits have the user agent of a content network in the place of the reader’s, so what is said of them is unknown. Let it forward the User-Agent header.',
};

/** The hits, those of a proxy's address as such; `tell` is told what was noticed. */
export function hideReaders(
  hits: readonly ClassifyHit[],
  networks: Pick<KnownNetworks, 'kindOf'>,
  tell: (sentence: string) => void,
): readonly ClassifyHit[] {
  const hidden = new Set<string>();
  const watch = watchClients({
    // What passed a request on is not in a log.
    hasTrustedProxies: true,
    onProblem: (problem) => {
      if (problem !== 'untrusted-proxy') tell(SENTENCES[problem]);
    },
    onSameAddress: ({ address }) => void hidden.add(address),
  });
  for (const hit of [...hits].sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))) {
    const { ip, recipient = null, atMs, headers } = hit;
    if (!ip) continue;
    const userAgent = headers['user-agent'] ?? '';
    const network = networkOf(hit, networks);
    watch.look({ address: ip, network, recipient, userAgent, isForwarded: false, atMs: atMs ?? 0 });
  }
  if (hidden.size === 0) return hits;
  return hits.map((hit) =>
    hidden.has(hit.ip ?? '') && couldHideReaders(networkOf(hit, networks)) ? { ...hit, network: 'cdn' } : hit,
  );
}

function networkOf({ ip, network }: ClassifyHit, networks: Pick<KnownNetworks, 'kindOf'>): NetworkKind {
  const name = network ?? networks.kindOf(ip ?? '');
  return NETWORK_KINDS.find((kind) => kind === name) ?? 'unknown';
}
