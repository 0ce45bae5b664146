// A store held open by a thread: its methods by name, one after another. A file that was removed or replaced is
// noticed before the next method, and opened or made anew.
import { statSync } from 'node:fs';
import type { Store } from '../store/open-store.ts';

/** The methods of a store that can be asked for across threads. */
export type StoreMethod = Exclude<keyof Store, 'url' | 'close' | 'onControlChange'>;

export interface HeldStore {
  /** Runs a method when all that were asked for before have ended. */
  run(method: StoreMethod, args: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface HeldStoreOptions {
  readonly open: () => Promise<Store>;
  /** Told when the store had to be opened anew. */
  readonly onReopen: () => void;
}

/** Opens a store and holds it. */
export async function holdStore({ open, onReopen }: HeldStoreOptions): Promise<HeldStore> {
  let store: Store | undefined = await open();
  let file = identityOf(store.url);
  let queue: Promise<unknown> = Promise.resolve();

  async function current(): Promise<Store> {
    if (store !== undefined && identityOf(store.url) === file) return store;
    const old = store;
    store = undefined;
    await old?.close().catch(() => undefined);
    store = await open();
    file = identityOf(store.url);
    onReopen();
    return store;
  }

  async function runNow(method: StoreMethod, args: readonly unknown[]): Promise<unknown> {
    const held = await current();
    return Reflect.apply(held[method], held, args);
  }

  return {
    run(method, args) {
      const result = queue.then(() => runNow(method, args));
      queue = result.catch(() => undefined);
      return result;
    },
    async close() {
      await queue;
      await store?.close();
    },
  };
}

/** Tells one file from another at the same path; empty when there is none. */
function identityOf(url: string): string {
  const stat = statSync(url.replace(/^sqlite:/, ''), { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev} ${stat.ino}`;
}
