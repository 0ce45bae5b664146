// A list of networks as the package has it. A seed is not the whole of what its owner publishes: covering ranges, or those
// that public documents name. `telltale networks update` gets the whole where there is an address for it.
import type { NetworkList } from './network-list.ts';
import type { ListFormat } from './read-published-list.ts';

export interface ShippedList extends NetworkList {
  /** Only a part, or only covering ranges. */
  readonly isSeed: boolean;
  /** Where the owner publishes the whole; nothing where that is in no format a program can rely on. */
  readonly update?: { readonly urls: readonly string[]; readonly format: ListFormat };
}

/** Ranges as they are written: apart by any blank. */
export function ranges(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
