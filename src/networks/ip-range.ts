// A range of addresses in CIDR notation, as the numbers of its first and last address: IPv4 within ::ffff:0:0/96, so that
// both families lie on one line.
import ipaddr from 'ipaddr.js';
import { readAddress } from './read-address.ts';

export interface IpRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads `192.0.2.0/24` or `2001:db8::/32`, also a lone address; bits behind the prefix do not matter. */
export function readRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  if (!readAddress(address, words)) return undefined;
  const isIpv4 = !address.includes(':');
  const length = slash < 0 ? undefined : text.slice(slash + 1);
  const bits = readPrefix(length, isIpv4);
  if (bits === undefined) return undefined;
  const free = BigInt(128 - bits);
  const first = (wordsToBigInt() >> free) << free;
  return { first, last: first + (1n << free) - 1n };
}

const words = new Uint32Array(4);

/** The bits of the prefix among all 128. */
function readPrefix(text: string | undefined, isIpv4: boolean): number | undefined {
  const all = isIpv4 ? 32 : 128;
  if (text === undefined) return 128;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(text) || Number(text) > all) return undefined;
  return Number(text) + 128 - all;
}

function wordsToBigInt(): bigint {
  const [a = 0, b = 0, c = 0, d = 0] = words;
  return (BigInt(a) << 96n) | (BigInt(b) << 64n) | (BigInt(c) << 32n) | BigInt(d);
}

/** How many leading bits all addresses of a range share, in its own family. */
export function prefixOf(range: IpRange): { readonly family: 4 | 6; readonly bits: number } {
  const bits = 128 - (range.last - range.first).toString(2).replace(/^0$/, '').length;
  return isIpv4(range) ? { family: 4, bits: bits - 96 } : { family: 6, bits };
}

/** A range as it is written: the shortest spelling. */
export function formatRange(range: IpRange): string {
  const { family, bits } = prefixOf(range);
  const hex = range.first.toString(16).padStart(32, '0');
  const bytes = [...Buffer.from(family === 4 ? hex.slice(24) : hex, 'hex')];
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
}

function isIpv4({ first, last }: IpRange): boolean {
  return first >> 32n === 0xffffn && last >> 32n === 0xffffn;
}

/** The fewest ranges that hold the same addresses, in order. */
export function mergeRanges(ranges: readonly IpRange[]): readonly IpRange[] {
  const merged: IpRange[] = [];
  for (const range of [...ranges].sort(byFirst)) {
    let current = range;
    for (let before = merged.at(-1); before !== undefined; before = merged.at(-1)) {
      if (before.last >= current.last) break;
      if (!areHalves(before, current)) break;
      merged.pop();
      current = { first: before.first, last: current.last };
    }
    const before = merged.at(-1);
    if (before === undefined || before.last < current.first) merged.push(current);
  }
  return merged;
}

/** Whether two ranges are the halves of one, of the same family. */
function areHalves(left: IpRange, right: IpRange): boolean {
  const size = left.last - left.first + 1n;
  const isAdjoining = right.first === left.last + 1n && right.last - right.first + 1n === size;
  return isAdjoining && left.first % (size * 2n) === 0n && isIpv4(left) === isIpv4(right);
}

/** By where they begin; of two that begin together, the larger first. */
export function byFirst(a: IpRange, b: IpRange): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last === b.last ? 0 : a.last > b.last ? -1 : 1;
}
