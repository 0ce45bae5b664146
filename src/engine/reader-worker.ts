// The thread that reads the store for reports and look-ups, over a connection of its own: neither a long report nor a
// locked file stops whoever answers requests, or whoever writes.
import { parentPort } from 'node:worker_threads';
import { openLine } from '../base/thread-line.ts';
import { openStoreToRead, type Store } from '../store/open-store.ts';
import type { ReaderRequest } from './engine-letters.ts';
import type { StoreMethod } from './held-store.ts';

const port = parentPort;
if (port === null) throw new Error('reader-worker runs as a worker thread only');

let url = '';
let store: Store | undefined;

async function answer(request: ReaderRequest): Promise<unknown> {
  switch (request.kind) {
    case 'open':
      url = request.url;
      store = await openStoreToRead(url);
      return undefined;
    case 'reopen':
      await store?.close();
      store = undefined;
      return undefined;
    case 'run':
      return await run(request.method, request.args);
    case 'close':
      return await store?.close();
  }
}

async function run(method: StoreMethod, args: readonly unknown[]): Promise<unknown> {
  store ??= await openStoreToRead(url);
  return Reflect.apply(store[method], store, args);
}

openLine<never, ReaderRequest>(port, answer);
