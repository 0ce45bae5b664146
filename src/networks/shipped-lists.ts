// All lists in the package. The order counts: of equal ranges in two lists that of the first does.
import { type Networks, prepareNetworks } from './prepare-networks.ts';
import { GATEWAY_LISTS } from './shipped-gateways.ts';
import { HOST_LISTS } from './shipped-hosts.ts';
import type { ShippedList } from './shipped-list.ts';
import { PROVIDER_LISTS } from './shipped-providers.ts';

export const SHIPPED_LISTS: readonly ShippedList[] = [...PROVIDER_LISTS, ...GATEWAY_LISTS, ...HOST_LISTS];

let prepared: Networks | undefined;

/** Look-ups in the lists of the package alone, prepared when first asked for. */
export function shippedNetworks(): Networks {
  prepared ??= prepareNetworks(SHIPPED_LISTS);
  return prepared;
}
