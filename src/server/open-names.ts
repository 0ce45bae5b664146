// Asks for the names of addresses, after who came from there was answered, while the address is in memory. A name of
// which no rule speaks is forgotten at once; of one that a rule knows its end is told, by peer. Bounded in all it does:
// a resolver that stalls or fails costs names and nothing else.
import { isIP } from 'node:net';
import {
  nameAskersMax,
  nameDelayMs,
  nameFailedMs,
  nameKeptMs,
  namesKnownMax,
  namesWaitingMax,
} from '../base/limits.ts';
import type { NetworkKind } from '../base/nouns.ts';
import { checkOptionNames } from '../base/options.ts';
import { mayBeNamed } from '../classify/host-names.ts';
import { readOwnRules, type VerdictRule } from '../classify/own-rules.ts';
import type { PeerName } from '../store/known-peers.ts';
import { isPrivate } from './private-address.ts';
import { type NameOutcome, prepareNameResolver } from './resolve-name.ts';

export interface Names {
  /** Takes note of where a hit came from; asks later, if at all. */
  note(seen: SeenAddress): void;
  /** Asks no more, and lets go of what is being asked. */
  close(): void;
}

export interface SeenAddress {
  readonly address: string;
  /** What stands for the address in the store. */
  readonly peer: string;
  readonly network: NetworkKind;
  readonly atMs: number;
}

export interface NamesOptions {
  /** Addresses of DNS servers, separated by commas, or `system`. @default 'system' */
  readonly servers?: string | undefined;
  /** The sender's own rules, which may look at names. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
  /** Told of a name that a rule knows: `store.namePeer`. Where it fails, the address is asked for once more. */
  readonly onName: (peer: string, named: PeerName) => Promise<void>;
  /** Told what became of each address; `dropped` when too many waited. @default nothing */
  readonly onOutcome?: ((outcome: NameOutcome | 'dropped') => void) | undefined;
  /** Told of a name that could not be told. @default nothing */
  readonly onProblem?: ((error: unknown) => void) | undefined;
  /** Milliseconds for one address. @default 5000 */
  readonly timeoutMs?: number | undefined;
}

const OPTIONS = ['servers', 'rules', 'onName', 'onOutcome', 'onProblem', 'timeoutMs'];

const UNANSWERED: ReadonlySet<NameOutcome> = new Set<NameOutcome>(['failed', 'timeout']);

/**
 * Begins to ask.
 *
 * @throws TelltaleError `INVALID_OPTION`, `UNKNOWN_OPTION`.
 */
export function openNames(options: NamesOptions): Names {
  checkOptionNames(options, OPTIONS, 'openNames');
  const { servers = 'system', rules, onName, onOutcome = () => {}, onProblem = () => {}, timeoutMs } = options;
  const { hosts } = readOwnRules(rules, 'openNames');
  const resolver = prepareNameResolver({ servers, hosts, timeoutMs });
  const known = rememberUntil();
  const waiting: { readonly seen: SeenAddress; readonly dueMs: number }[] = [];
  let asking = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function note(seen: SeenAddress): void {
    const { address, peer, network, atMs } = seen;
    if (isClosed || !mayBeNamed(network) || known.of(peer) > atMs) return;
    if (isIP(address) === 0 || isPrivate(address)) return;
    if (waiting.length >= namesWaitingMax) {
      onOutcome('dropped');
      return;
    }
    known.set(peer, atMs + nameKeptMs);
    waiting.push({ seen, dueMs: performance.now() + nameDelayMs });
    timer ??= setTimeout(begin, nameDelayMs).unref();
  }

  /** Asks for those that are due, as many at a time as may be. */
  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    while (!isClosed && asking < nameAskersMax) {
      const [next] = waiting;
      if (next === undefined) return;
      const leftMs = next.dueMs - performance.now();
      if (leftMs > 0) {
        timer = setTimeout(begin, leftMs).unref();
        return;
      }
      waiting.shift();
      asking += 1;
      void ask(next.seen).finally(() => {
        asking -= 1;
        begin();
      });
    }
  }

  async function ask({ address, peer, atMs }: SeenAddress): Promise<void> {
    const found = await resolver.nameOf(address);
    if (isClosed) return;
    onOutcome(found.kind);
    if (UNANSWERED.has(found.kind)) known.set(peer, atMs + nameFailedMs);
    if (found.kind !== 'known') return;
    try {
      await onName(peer, { host: found.host, atMs, untilMs: atMs + nameKeptMs });
    } catch (error) {
      known.set(peer, atMs + nameFailedMs);
      onProblem(error);
    }
  }

  return {
    note,
    close() {
      isClosed = true;
      clearTimeout(timer);
      waiting.length = 0;
      resolver.close();
    },
  };
}

/** Until when nothing is asked of a peer; of too many the oldest is forgotten. Addresses are not kept for that. */
function rememberUntil() {
  const until = new Map<string, number>();
  return {
    of: (peer: string) => until.get(peer) ?? Number.NEGATIVE_INFINITY,
    set(peer: string, ms: number) {
      until.delete(peer);
      until.set(peer, ms);
      if (until.size > namesKnownMax) until.delete(until.keys().next().value ?? '');
    },
  };
}
