// The name of an address in reverse DNS. Whoever owns an address may give it any name, so one counts only if it leads
// back to the address. Asked for by UDP, without a thread of this process; who does not answer in time is let go.
import { Resolver } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { namesOfAddressMax, nameTimeoutMs, nameTryMs } from '../base/limits.ts';
import { knownEndOf } from '../classify/host-names.ts';

/**
 * What became of a question: a name that a rule looks at; none, or one that no rule looks at; one that does not lead back;
 * a resolver that failed, or did not answer in time.
 */
export type NameOutcome = 'known' | 'none' | 'unconfirmed' | 'failed' | 'timeout';

export type NameFound =
  | { readonly kind: 'known'; readonly host: string }
  | { readonly kind: Exclude<NameOutcome, 'known'> };

export interface NameResolver {
  /** How the name of an address ends, as far as a rule looks at it. Never rejects. */
  nameOf(address: string): Promise<NameFound>;
  /** Lets go of what is being asked. */
  close(): void;
}

export interface NameResolverOptions {
  /** `system`, or addresses of DNS servers. */
  readonly servers: string;
  /** The ends of names that the sender's own rules look at. */
  readonly hosts: readonly string[];
  /** Milliseconds for one address. @default 5000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Makes the resolver.
 *
 * @throws TelltaleError `INVALID_OPTION` for servers that are none.
 */
export function prepareNameResolver({ servers, hosts, timeoutMs = nameTimeoutMs }: NameResolverOptions): NameResolver {
  // One for each address that is asked for at a time, since letting go of one question lets go of all of a resolver.
  const idle = [makeResolver(servers)];
  const busy = new Set<Resolver>();

  async function nameOf(address: string): Promise<NameFound> {
    const resolver = idle.pop() ?? makeResolver(servers);
    busy.add(resolver);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      resolver.cancel();
    }, timeoutMs);
    try {
      return await findName(resolver, address, hosts);
    } catch (error) {
      return { kind: isLate || codeOf(error) === 'ETIMEOUT' ? 'timeout' : 'failed' };
    } finally {
      clearTimeout(timer);
      busy.delete(resolver);
      idle.push(resolver);
    }
  }

  return {
    nameOf,
    close() {
      for (const resolver of busy) resolver.cancel();
    },
  };
}

function makeResolver(servers: string): Resolver {
  const resolver = new Resolver({ timeout: nameTryMs, tries: 2 });
  if (servers === SYSTEM) return resolver;
  try {
    resolver.setServers(servers.split(',').map((server) => server.trim()));
  } catch (error) {
    throw new TelltaleError(
      'INVALID_OPTION',
      `Names are asked for at DNS servers by their addresses (127.0.0.1, [::1]:5353), separated by commas, or at those of this machine (${SYSTEM}), but ${quote(servers)} came: ${messageOf(error)}. Set --reverse-dns or TELLTALE_REVERSE_DNS, or leave it out to ask for none.`,
      { cause: error },
    );
  }
  return resolver;
}

/** The DNS servers that the machine uses. */
const SYSTEM = 'system';

async function findName(resolver: Resolver, address: string, hosts: readonly string[]): Promise<NameFound> {
  // Not `resolver.reverse`: to that a server that fails is one that knows nothing.
  const names = await orNone(resolver.resolvePtr(reverseNameOf(address)));
  const useful = names.slice(0, namesOfAddressMax).flatMap((name) => {
    const host = knownEndOf(name, hosts);
    return host === undefined ? [] : [{ name, host }];
  });
  for (const { name, host } of useful) {
    const found = await orNone(address.includes(':') ? resolver.resolve6(name) : resolver.resolve4(name));
    if (found.some((one) => isSameAddress(one, address))) return { kind: 'known', host };
  }
  return { kind: useful.length === 0 ? 'none' : 'unconfirmed' };
}

/** Under which name an address stands in reverse DNS (RFC 1035, 3.5; RFC 3596, 2.5). */
function reverseNameOf(address: string): string {
  const bytes = ipaddr.process(address).toByteArray();
  if (bytes.length === 4) return `${bytes.reverse().join('.')}.in-addr.arpa`;
  const nibbles = bytes.flatMap((byte) => [byte >> 4, byte & 15]).reverse();
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`;
}

/** That there is nothing is an answer, and so is a name that nothing can have. */
async function orNone(asking: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await asking;
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA', 'EBADNAME'].includes(codeOf(error))) return [];
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isSameAddress(a: string, b: string): boolean {
  return ipaddr.isValid(a) && ipaddr.isValid(b) && ipaddr.process(a).toString() === ipaddr.process(b).toString();
}
