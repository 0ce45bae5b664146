// classify as users call it: an address without a network is looked up in the lists of the package.
import { type ClassifyOptions, type HitVerdict, classify as judge } from '../classify/classify.ts';
import type { ClassifyHit } from '../classify/read-signals.ts';
import { shippedNetworks } from '../networks/shipped-lists.ts';

/**
 * Judges hits, each by itself and by the others; one verdict each, in the same order, whatever the order of the hits.
 * Hits of no recipient are judged by themselves alone. A hit with an `ip` and no `network` is looked up in the lists of
 * the package, or in `networks`, whose version then stands in `rulesVersion`.
 *
 * @throws TelltaleError `INVALID_OPTION`, `UNKNOWN_OPTION` for `rules`.
 */
export function classify(hits: readonly ClassifyHit[], options: ClassifyOptions = {}): readonly HitVerdict[] {
  return judge(hits, { ...options, networks: options.networks ?? shippedNetworks() });
}
