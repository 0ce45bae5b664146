// Whose address a request came from. X-Forwarded-For is what a stranger wrote, but for the entries that our own proxies
// added: it is read from the right, and only as far as those reach. Nothing is trusted unless the owner says so.
import ipaddr from 'ipaddr.js';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { forwardedHopsMax } from '../base/limits.ts';
import { type CollectRequest, headerOf } from './make-hit.ts';

/** The address of who asked, in its shortest spelling; empty when the connection is gone already. */
export type AddressOf = (request: Pick<CollectRequest, 'headers' | 'socket'>) => string;

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Names for ranges that are the same everywhere. */
const NAMED_RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Prepares the walk.
 *
 * @param trusted the number of proxies in front, or their addresses: `10.0.0.5`, `10.0.0.0/8`, `loopback`, `private`,
 *   separated by commas; empty trusts none.
 * @throws TelltaleError `INVALID_OPTION`.
 */
export function prepareAddressOf(trusted: string): AddressOf {
  const text = trusted.trim();
  if (text === '' || text === '0') return connectedAddress;
  if (/^\d+$/.test(text)) return byHops(readHops(text));
  return byRanges(text.split(',').flatMap((entry) => readRanges(entry.trim())));
}

function readHops(text: string): number {
  const hops = Number(text);
  if (hops <= forwardedHopsMax) return hops;
  throw refuse(`${text} proxies came, and at most ${forwardedHopsMax} are looked through`);
}

function readRanges(entry: string): readonly Range[] {
  const named = NAMED_RANGES[entry.toLowerCase()];
  const texts = named ?? [entry];
  return texts.map((text) => {
    if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
    if (ipaddr.isValid(text) && /[.:].*[.:]/.test(text)) {
      const address = ipaddr.process(text);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    }
    throw refuse(`${quote(entry)} is none`);
  });
}

function refuse(problem: string): TelltaleError {
  return new TelltaleError(
    'INVALID_OPTION',
    `Trusted proxies are their number (1) or their addresses (10.0.0.0/8, 2001:db8::1, loopback, private), but ${problem}. Set --trusted-proxies or TELLTALE_TRUSTED_PROXIES.`,
  );
}

function connectedAddress({ socket }: Pick<CollectRequest, 'socket'>): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}

/** As many entries from the right as there are proxies; where fewer came, the first there is. */
function byHops(hops: number): AddressOf {
  return (request) => {
    let address = connectedAddress(request);
    let left = hops;
    for (const entry of fromTheRight(headerOf(request.headers, 'x-forwarded-for'))) {
      const next = readEntry(entry);
      if (left === 0 || next === undefined) break;
      address = next.toString();
      left -= 1;
    }
    return address;
  };
}

/** On past every address that is a proxy's; what stands left of the first other one could be anybody's invention. */
function byRanges(ranges: readonly Range[]): AddressOf {
  const isTrusted = (address: ipaddr.IPv4 | ipaddr.IPv6) =>
    ranges.some((range) => address.kind() === range[0].kind() && address.match(range));
  return (request) => {
    const connected = connectedAddress(request);
    let current = readEntry(connected);
    if (current === undefined || !isTrusted(current)) return connected;
    for (const entry of fromTheRight(headerOf(request.headers, 'x-forwarded-for'))) {
      const next = readEntry(entry);
      if (next === undefined) break;
      current = next;
      if (!isTrusted(current)) break;
    }
    return current.toString();
  };
}

/** The entries of a list, last first, without splitting what may be 16 kB of commas. */
function* fromTheRight(list: string): Generator<string> {
  let end = list.length;
  for (let hop = 0; hop <= forwardedHopsMax && end > 0; hop += 1) {
    const comma = list.lastIndexOf(',', end - 1);
    yield list.slice(comma + 1, end).trim();
    end = comma;
  }
}

/** An address, also with a port behind it (`192.0.2.1:80`, `[2001:db8::1]:80`); nothing for anything else. */
function readEntry(entry: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (entry.length > ENTRY_CHARS_MAX) return undefined;
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(entry)?.[1] ?? entry;
  const isWhole = bare.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(bare);
  return isWhole && ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined;
}

/** An IPv6 address with an IPv4 one in it, brackets and a port has 54. */
const ENTRY_CHARS_MAX = 64;
