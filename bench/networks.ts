// `npm run bench networks`: what it costs to find the kind of network of an address, which is done before a hit is written,
// beside reading the address with ipaddr.js alone. Medians of rounds.
import ipaddr from 'ipaddr.js';
import type { NetworkList } from '../src/networks/network-list.ts';
import { type Networks, prepareNetworks } from '../src/networks/prepare-networks.ts';
import { SHIPPED_LISTS } from '../src/networks/shipped-lists.ts';
import type { BenchResult } from './run.ts';

const ROUNDS = 15;
const LOOKS = 200_000;
const ADDRESSES = 1_000;

/** As many ranges as Apple's list has, merged: all in one /16 of IPv6, as there. */
const LARGE: NetworkList = {
  ...{ id: 'large', kind: 'apple-relay', source: 'this bench', date: '2026-01-01' },
  ranges: Array.from({ length: 20_000 }, (_, at) => `2a02:26f7:${at.toString(16)}:4000::/64`),
};

const ipv4 = addresses((at) => `${((at * 37) % 223) + 1}.${at % 256}.${(at * 7) % 256}.${(at * 13) % 256}`);
const ipv6 = addresses((at) => `2a02:26f7:${((at * 77) % 20_000).toString(16)}:4000::${at.toString(16)}`);

/** Measures look-ups in the package's lists, and in those with a large one. */
export async function benchNetworks(): Promise<BenchResult> {
  const shipped = prepareNetworks(SHIPPED_LISTS);
  const startedMs = performance.now();
  const large = prepareNetworks([LARGE, ...SHIPPED_LISTS]);
  const prepareMs = performance.now() - startedMs;
  const count = (lists: readonly NetworkList[]) => lists.reduce((sum, { ranges }) => sum + ranges.length, 0);
  const small = count(SHIPPED_LISTS);
  const rows = [
    row(`IPv4 among ${small} ranges`, nanos(ipv4, look(shipped))),
    row(`IPv4 among ${small + LARGE.ranges.length} ranges`, nanos(ipv4, look(large))),
    row(`IPv6 among ${small + LARGE.ranges.length} ranges`, nanos(ipv6, look(large))),
    row(
      'ipaddr.js reads IPv4',
      nanos(ipv4, (address) => ipaddr.process(address)),
    ),
    row(
      'ipaddr.js reads IPv6',
      nanos(ipv6, (address) => ipaddr.process(address)),
    ),
  ];
  const of = `one look-up, medians of ${ROUNDS} rounds; the large lists took ${prepareMs.toFixed(0)} ms to prepare`;
  return { bench: 'networks', of, rows };
}

function row(what: string, value: number) {
  return { what, 'ns each': Math.round(value) };
}

function look(networks: Networks): (address: string) => unknown {
  return (address) => networks.kindOf(address);
}

function addresses(at: (place: number) => string): readonly string[] {
  return Array.from({ length: ADDRESSES }, (_, place) => at(place));
}

function nanos(of: readonly string[], act: (address: string) => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    for (let at = 0; at < LOOKS; at += 1) act(of[at % ADDRESSES] ?? '');
    return ((performance.now() - startedMs) * 1_000_000) / LOOKS;
  });
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}
