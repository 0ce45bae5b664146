// What a server knows of networks: the lists in force, which it reads again when their files change, and behind them an
// ASN database where the owner has one.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { networkLookMs } from '../base/limits.ts';
import { type Networks, prepareNetworks } from '../networks/prepare-networks.ts';
import { loadLists } from './load-lists.ts';
import { openAsnDatabase } from './open-asn-database.ts';

export interface OpenNetworks extends Networks {
  /** Stops looking for changed lists. */
  close(): void;
}

export interface OpenNetworksOptions {
  /** Holds the lists' files; need not be there. */
  readonly directory: string;
  /** The path of a database in MaxMind's format. @default none */
  readonly asnDatabase?: string | undefined;
  /** Told of files that cannot be used. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two looks for changed lists. @default 5000 */
  readonly lookMs?: number;
}

/**
 * Reads what there is, and watches the lists.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`, `INVALID_NETWORKS`, for the ASN database.
 */
export async function openNetworks(options: OpenNetworksOptions): Promise<OpenNetworks> {
  const { directory, asnDatabase, onProblem, lookMs = networkLookMs } = options;
  const asn = asnDatabase === undefined ? undefined : await openAsnDatabase(asnDatabase);
  const read = async () => prepareNetworks((await loadLists(directory, onProblem)).map(({ list }) => list));
  let seen = stampOf(directory);
  let lists = await read();
  const look = async () => {
    const stamp = stampOf(directory);
    if (stamp === seen) return;
    seen = stamp;
    lists = await read();
  };
  const looking = setInterval(() => void look().catch(onProblem), lookMs);
  looking.unref();
  return {
    get version() {
      return asn === undefined ? lists.version : `${lists.version}-asn.${asn.date}`;
    },
    kindOf(address) {
      const kind = lists.kindOf(address);
      return kind === 'unknown' && asn !== undefined ? asn.kindOf(address) : kind;
    },
    close: () => clearInterval(looking),
  };
}

/** Changes whenever a file in the directory does. */
function stampOf(directory: string): string {
  try {
    const names = readdirSync(directory).sort();
    return names.map((name) => `${name} ${statSync(join(directory, name)).mtimeMs}`).join('\n');
  } catch {
    return 'missing';
  }
}
