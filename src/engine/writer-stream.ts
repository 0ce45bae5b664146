// The stream as the writing thread has it: journals are forwarded to it, and it is settled into the store where that is
// asked for.

import { type CountedSource, makeRepeats } from '../settle/repeats.ts';
import type { Repeats, Settler, SettleStore } from '../settle/settler.ts';
import { startConsuming } from '../stream/consume.ts';
import { type ForwardedJournal, startForwarder } from '../stream/forwarder.ts';
import { linkStream } from '../stream/open-stream.ts';
import type { ErasureSource } from '../stream/parked.ts';
import type { StreamStatus } from '../stream/stream-status.ts';
import type { WriterRequest } from './engine-letters.ts';

export interface WriterStream {
  forward(journal: ForwardedJournal, lookMs: number): Settler;
  status(): Promise<StreamStatus>;
  close(): Promise<void>;
}

/** Opens it. */
export function openWriterStream(
  { settings, settles, hasStore, lookMs, repeatWindowMs, rules }: Extract<WriterRequest, { readonly kind: 'stream' }>,
  store: SettleStore & CountedSource & ErasureSource,
  onProblem: (error: unknown) => void,
): WriterStream {
  const link = linkStream(settings, onProblem);
  const repeats = repeatWindowMs > 0 ? askEachTime(repeatWindowMs, store) : undefined;
  const consuming = settles
    ? startConsuming({ link, store, erasures: store, repeats, rules, lookMs, onProblem })
    : undefined;
  const place = hasStore ? { settledThrough: store.settledThrough, store } : {};
  return {
    forward: (journal, lookMs) => startForwarder({ journal, link, ...place, lookMs, onProblem }),
    status: async () => ({ ...(await link.status()), settling: consuming?.figures() }),
    async close() {
      await consuming?.stop();
      await link.close();
    },
  };
}

/** Without a memory: other processes settle what came before, so the store alone knows what was counted last. */
function askEachTime(windowMs: number, source: CountedSource): Repeats {
  return { mark: (hits) => makeRepeats({ windowMs, source }).mark(hits) };
}
