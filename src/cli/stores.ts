// Opens the store a command works on, and closes it whatever happens.
import { dirname } from 'node:path';
import { openStore, type Store } from '../store/open-store.ts';
import { explainStoreError } from '../store/store-error.ts';
import type { Settings } from './settings.ts';
import { makeDirectory } from './write-file.ts';

/** Runs `use` over the store; with `migrate` the store is made and brought up to date first. */
export async function withStore<T>(
  settings: Settings,
  options: { readonly migrate: boolean },
  use: (store: Store) => Promise<T>,
): Promise<T> {
  if (options.migrate) await makeDirectoryFor(settings.database);
  const store = await openStore(settings.database, options);
  try {
    return await use(store);
  } catch (error) {
    throw explainStoreError(error);
  } finally {
    await store.close();
  }
}

/** Makes the folder of a SQLite file. */
export async function makeDirectoryFor(database: string): Promise<void> {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(database)?.[1];
  if (path !== undefined) await makeDirectory(dirname(path), 0o700);
}
