// The lists of networks in force: those of the package, each replaced by its file in the data directory where that is
// newer or whole, and lists of the owner's own. A file that cannot be used leaves the package's list in force.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TelltaleError } from '../base/errors.ts';
import type { NetworkList } from '../networks/network-list.ts';
import { SHIPPED_LISTS } from '../networks/shipped-lists.ts';

export interface LoadedList {
  readonly list: NetworkList;
  /** The file it was read from; nothing for the package's own. */
  readonly path: string | undefined;
  readonly isSeed: boolean;
}

/** Where the lists of a data directory lie. */
export function networksDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'networks');
}

/** Reads the lists in a directory, which need not be there; `onProblem` is told of each file that cannot be used. */
export async function loadLists(
  directory: string,
  onProblem: (error: unknown) => void,
): Promise<readonly LoadedList[]> {
  const files = await readFiles(directory, onProblem);
  const shipped = SHIPPED_LISTS.map(({ isSeed, update, ...list }): LoadedList => {
    const file = files.find((one) => one.list.id === list.id);
    const isNewer = file !== undefined && (isSeed || file.list.date >= list.date);
    return isNewer ? file : { list, path: undefined, isSeed };
  });
  const own = files.filter((file) => !SHIPPED_LISTS.some(({ id }) => id === file.list.id));
  // The owner knows best: of equal ranges those of own lists count.
  return [...own, ...shipped];
}

async function readFiles(directory: string, onProblem: (error: unknown) => void): Promise<readonly LoadedList[]> {
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  const lists = names.filter((name) => /^[a-z0-9-]+\.json$/.test(name));
  if (lists.length === 0) return [];
  const { readNetworkList } = await import('../networks/read-network-list.ts');
  return lists.flatMap((name) => {
    const path = join(directory, name);
    try {
      return {
        list: checkList(readNetworkList(readFileSync(path, 'utf8')), name.slice(0, -'.json'.length)),
        path,
        isSeed: false,
      };
    } catch (error) {
      onProblem(new Error(`${path} is not used: ${messageOf(error)}`));
      return [];
    }
  });
}

/** A list that is what its name says. */
function checkList(list: NetworkList, id: string): NetworkList {
  const expected = SHIPPED_LISTS.find((shipped) => shipped.id === id)?.kind ?? list.kind;
  if (list.id === id && list.kind === expected) return list;
  throw new TelltaleError(
    'INVALID_NETWORKS',
    `The list ${id}, of kind ${expected}, was expected, but ${list.id}, of kind ${list.kind}, came.`,
  );
}
