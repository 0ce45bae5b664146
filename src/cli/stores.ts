// Opens the store a command works on, and closes it whatever happens.
import { openStore, type Store } from '../store/open-store.ts';
import { explainStoreError } from '../store/store-error.ts';
import type { Settings } from './settings.ts';
import { makeDirectoryFor } from './write-file.ts';

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
