// The thread that reads the store for reports and look-ups, over a connection of its own: neither a long report nor a
// locked file stops whoever answers requests, or whoever writes.
import { parentPort, workerData } from 'node:worker_threads';
import { openLine } from '../base/thread-line.ts';
import { openStoreToRead, type Store } from '../store/open-store.ts';
import { explainStoreError } from '../store/store-error.ts';
import type { ReaderRequest, StoreThreadData } from './engine-letters.ts';

const port = parentPort;
if (port === null) throw new Error('reader-worker runs as a worker thread only');

const { url } = workerData as StoreThreadData;
let opening: Promise<Store> | undefined;

async function answer(request: ReaderRequest): Promise<unknown> {
  switch (request.kind) {
    case 'open':
      await open();
      return undefined;
    case 'reopen':
    case 'close': {
      const open = opening;
      opening = undefined;
      return await (await open)?.close();
    }
    case 'run': {
      const store = await open();
      try {
        return await Reflect.apply(store[request.method], store, request.args);
      } catch (error) {
        throw explainStoreError(error);
      }
    }
  }
}

/** The store, opened when it is first needed, and once more if that failed. */
async function open(): Promise<Store> {
  opening ??= openStoreToRead(url);
  try {
    return await opening;
  } catch (error) {
    opening = undefined;
    throw error;
  }
}

openLine<never, ReaderRequest>(port, answer);
