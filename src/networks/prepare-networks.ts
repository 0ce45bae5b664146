// Says to what kind of network an address belongs: of all ranges that hold it the longest prefix counts, of equal ones
// that of the earlier list. Ranges are cut once into a line of places where the kind changes; a look-up halves its way.
import { createHash } from 'node:crypto';
import { NETWORK_KINDS, type NetworkKind } from '../base/nouns.ts';
import { byFirst, type IpRange, readRange } from './ip-range.ts';
import type { NetworkList } from './network-list.ts';
import { readAddress } from './read-address.ts';

export interface Networks {
  /** The kind of the network of an address; `unknown` for one in no list, and for what is no address. */
  kindOf(address: string): NetworkKind;
  /** Names the lists: the date of the newest, and six digits of a hash over all (`2026-11-20-1f3c5a`). */
  readonly version: string;
}

interface KindRange extends IpRange {
  /** The place of the kind among all. */
  readonly kind: number;
  /** The place of its list. */
  readonly list: number;
}

/** Prepares look-ups in lists, those that count more in front. Lines that are no range hold nothing. */
export function prepareNetworks(lists: readonly NetworkList[]): Networks {
  const { places, kinds } = cut(lists.flatMap(rangesOf));
  const words = new Uint32Array(4);
  return {
    version: versionOf(lists),
    kindOf(address) {
      if (!readAddress(address, words)) return 'unknown';
      let low = 0;
      let high = kinds.length;
      // The last place that is not behind the address.
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (isBehind(places, middle, words)) high = middle;
        else low = middle + 1;
      }
      return NETWORK_KINDS[kinds[low - 1] ?? UNKNOWN] ?? 'unknown';
    },
  };
}

const UNKNOWN = NETWORK_KINDS.indexOf('unknown');

function isBehind(places: Uint32Array, place: number, words: Uint32Array): boolean {
  const at = place * 4;
  for (let word = 0; word < 4; word += 1) {
    const here = places[at + word] ?? 0;
    const there = words[word] ?? 0;
    if (here !== there) return here > there;
  }
  return false;
}

function rangesOf({ kind, ranges }: NetworkList, list: number): readonly KindRange[] {
  return ranges.flatMap((text) => {
    const range = readRange(text);
    return range === undefined ? [] : [{ ...range, kind: NETWORK_KINDS.indexOf(kind), list }];
  });
}

const LAST_ADDRESS = (1n << 128n) - 1n;

/** Where the kind changes along the line of all addresses. Ranges of CIDR notation lie in one another or apart. */
function cut(ranges: readonly KindRange[]): { readonly places: Uint32Array; readonly kinds: Uint8Array } {
  const changes: { place: bigint; kind: number }[] = [];
  const open: KindRange[] = [];
  const change = (place: bigint, kind: number) => {
    if (changes.at(-1)?.place === place) changes.pop();
    if (changes.at(-1)?.kind !== kind) changes.push({ place, kind });
  };
  const closeBefore = (place: bigint) => {
    for (let inner = open.at(-1); inner !== undefined && inner.last < place; inner = open.at(-1)) {
      open.pop();
      if (inner.last < LAST_ADDRESS) change(inner.last + 1n, open.at(-1)?.kind ?? UNKNOWN);
    }
  };
  // Of equal ranges the earlier list's comes last, and covers the others.
  for (const range of [...ranges].sort((a, b) => byFirst(a, b) || b.list - a.list)) {
    closeBefore(range.first);
    open.push(range);
    change(range.first, range.kind);
  }
  closeBefore(LAST_ADDRESS + 1n);
  const places = new Uint32Array(changes.length * 4);
  changes.forEach(({ place }, at) => {
    for (let word = 0; word < 4; word += 1)
      places[at * 4 + word] = Number((place >> BigInt(96 - word * 32)) & 0xffffffffn);
  });
  return { places, kinds: Uint8Array.from(changes, ({ kind }) => kind) };
}

function versionOf(lists: readonly NetworkList[]): string {
  const newest = lists.reduce((date, list) => (list.date > date ? list.date : date), '');
  const hash = createHash('sha256');
  for (const { id, kind, date, ranges } of lists) hash.update(`${id} ${kind} ${date} ${ranges.join(' ')}\n`);
  return `${newest === '' ? 'none' : newest}-${hash.digest('hex').slice(0, 6)}`;
}
