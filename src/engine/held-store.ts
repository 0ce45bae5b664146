// A store held open by a thread: its methods by name, one after another. It is opened when it is first needed. A file
// that was removed or replaced is noticed before a method and behind it, and opened or made anew.
import { statSync } from 'node:fs';
import { TelltaleError } from '../base/errors.ts';
import { isPostgres, type Store } from '../store/open-store.ts';
import { explainStoreError } from '../store/store-error.ts';

/** The methods of a store that can be asked for across threads. */
export type StoreMethod = Exclude<keyof Store, 'url' | 'close' | 'onControlChange'>;

export interface HeldStore {
  /** Opens the store now, if it is not open. */
  open(): Promise<void>;
  /** Runs a method when all that were asked for before have ended. */
  run(method: StoreMethod, args: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

export interface HeldStoreOptions {
  readonly open: () => Promise<Store>;
  /** Told when the store had to be opened anew. */
  readonly onReopen: () => void;
}

/** Makes the holder of a store. */
export function holdStore({ open, onReopen }: HeldStoreOptions): HeldStore {
  let store: Store | undefined;
  let file: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  /** The last time that the store was locked for as long as one waits for it. */
  let locked: { readonly error: TelltaleError; readonly untilMs: number } | undefined;

  async function current(): Promise<Store> {
    if (store !== undefined && identityOf(store.url) === file) return store;
    const old = store;
    store = undefined;
    await old?.close().catch(() => undefined);
    store = await open();
    const isAnother = file !== undefined;
    file = identityOf(store.url);
    if (isAnother) onReopen();
    return store;
  }

  /** Whoever asked before a lock was given up has waited for it too, and is not made to wait once more. */
  async function inTurn<T>(askedMs: number, act: (held: Store) => T): Promise<Awaited<T>> {
    if (locked !== undefined && askedMs < locked.untilMs) throw locked.error;
    try {
      // It may have waited for a lock of a file that was removed meanwhile: what it wrote is gone with that.
      for (let tries = 1; ; tries += 1) {
        const held = await current();
        const result = await act(held);
        if (identityOf(held.url) === file) return result;
        if (tries === REPLACED_TRIES) throw replacedMeanwhile(held.url);
      }
    } catch (thrown) {
      const error = explainStoreError(thrown);
      if (isLock(error)) locked = { error, untilMs: performance.now() };
      throw error;
    }
  }

  function enqueue<T>(act: (held: Store) => T): Promise<Awaited<T>> {
    const askedMs = performance.now();
    const result = queue.then(() => inTurn(askedMs, act));
    queue = result.catch(() => undefined);
    return result;
  }

  return {
    open: () => enqueue(() => undefined),
    run: (method, args) => enqueue((held): unknown => Reflect.apply(held[method], held, args)),
    async close() {
      await queue;
      await store?.close();
    },
  };
}

/** Files that are removed one after another under one method. */
const REPLACED_TRIES = 3;

function replacedMeanwhile(url: string): TelltaleError {
  return new TelltaleError(
    'STORE_UNAVAILABLE',
    `${url} was removed or replaced while it was used. What is there now is opened next; try again then.`,
  );
}

function isLock(error: unknown): error is TelltaleError {
  return error instanceof TelltaleError && error.code === 'STORE_BUSY';
}

/** Tells one file from another at the same path; empty when there is none. A server's database is always the one named. */
function identityOf(url: string): string {
  if (isPostgres(url)) return url;
  const stat = statSync(url.replace(/^sqlite:/, ''), { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.dev} ${stat.ino}`;
}
