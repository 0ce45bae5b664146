// A dated list of address ranges of one kind of network.
import type { NetworkKind } from '../base/nouns.ts';

export interface NetworkList {
  /** `apple-relay` */
  readonly id: string;
  readonly kind: NetworkKind;
  /** Where the ranges come from: an address, or a document by name. */
  readonly source: string;
  /** The day the ranges are of: `2026-11-20`. */
  readonly date: string;
  /** In CIDR notation. */
  readonly ranges: readonly string[];
}
