// The thread that alone writes to the store: it settles journals, which it reads itself, and runs the store's writing
// methods, one job after another. Journals are emptied by their owners, whom it tells how far each is settled.
import { parentPort, workerData } from 'node:worker_threads';
import type { Erasures } from '../base/control-change.ts';
import { messageOf } from '../base/errors.ts';
import { openLine } from '../base/thread-line.ts';
import type { ForwardedPlaces } from '../journal/open-journal.ts';
import { isDamage, makeJournalReader } from '../journal/read-journal.ts';
import { type CountedRequest, type CountedSource, makeRepeats } from '../settle/repeats.ts';
import { type JournalSource, type Repeats, type Settler, type SettleStore, startSettler } from '../settle/settler.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { ForwardedJournal } from '../stream/forwarder.ts';
import type { ErasureSource } from '../stream/parked.ts';
import type { OwnerRequest, StoreThreadData, WriterRequest } from './engine-letters.ts';
import { giveWay } from './give-way.ts';
import { holdStore } from './held-store.ts';
import type { WriterStream } from './writer-stream.ts';

const port = parentPort;
if (port === null) throw new Error('writer-worker runs as a worker thread only');

giveWay();
const owner = openLine<OwnerRequest, WriterRequest>(port, answer);
const settlers = new Map<
  string,
  { readonly settler: Settler; readonly committed: () => void; readonly close: () => void }
>();
const { url } = workerData as StoreThreadData;
const held = holdStore({ open, onReopen: () => tell({ kind: 'reopened' }) });

async function open(): Promise<Store> {
  const opened = await openStore(url);
  opened.onControlChange(() => tell({ kind: 'control-changed' }));
  return opened;
}

async function answer(request: WriterRequest): Promise<unknown> {
  switch (request.kind) {
    case 'open':
      return await held.open();
    case 'run':
      return await held.run(request.method, request.args);
    case 'stream':
      stream = (await import('./writer-stream.ts')).openWriterStream(request, store, tellProblem);
      return undefined;
    case 'stream-status':
      return await stream?.status();
    case 'settle':
      return settle(request);
    case 'committed':
      return settlers.get(request.id)?.committed();
    case 'settle-now':
      return await settlers.get(request.id)?.settler.settleNow();
    case 'stop':
      return await stop(request.id, request.withinMs);
    case 'close':
      await Promise.all([...settlers.keys()].map((id) => stop(id)));
      await stream?.close();
      await held.close();
      return undefined;
  }
}

/** Where journals are forwarded to, in place of being settled here. */
let stream: WriterStream | undefined;

/** One for all journals: whoever took a request, it counts once. */
let repeats: Repeats | undefined;
/** How far each journal is. */
const progress = new Map<string, number>();

function settle({
  id,
  path,
  lookMs,
  repeatWindowMs: windowMs,
  rules,
}: Extract<WriterRequest, { kind: 'settle' }>): void {
  if (windowMs > 0) repeats ??= makeRepeats({ windowMs, source: store });
  const reader = makeJournalReader(path);
  const listeners = new Set<() => void>();
  const journal: JournalSource & ForwardedJournal = {
    id,
    async read(after, limit) {
      try {
        return reader.read(after, limit);
      } catch (error) {
        if (!isDamage(error)) throw error;
        await owner.ask({ kind: 'repair', id });
        return reader.read(after, limit);
      }
    },
    prune: async (through) => void (await owner.ask({ kind: 'prune', id, through })),
    forward: async (through, places) => void (await owner.ask({ kind: 'forward', id, through, places })),
    forwardedPlaces: async () => (await owner.ask({ kind: 'forwarded-places', id })) as ForwardedPlaces,
    setAside: async (entries) => void (await owner.ask({ kind: 'set-aside', id, entries })),
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const onProblem = tellProblem;
  settlers.set(id, {
    settler:
      stream?.forward(journal, lookMs) ?? startSettler({ journal, store, onProblem, lookMs, repeats, rules, progress }),
    committed: () => {
      for (const listener of listeners) listener();
    },
    close: () => reader.close(),
  });
}

function tellProblem(error: unknown): void {
  tell({ kind: 'problem', message: messageOf(error) });
}

/** Tells the owner; whether it could listen changes nothing here. */
function tell(request: OwnerRequest): void {
  owner.ask(request).catch(() => undefined);
}

const store: SettleStore & CountedSource & ErasureSource = {
  settledThrough: async (journal) => (await held.run('settledThrough', [journal])) as number,
  settle: async (batch) => void (await held.run('settle', [batch])),
  noteWaiting: async (waiting) => void (await held.run('noteWaiting', [waiting])),
  forgetPeers: async (...args) => (await held.run('forgetPeers', args)) as boolean,
  erasuresAfter: async (seq) => (await held.run('erasuresAfter', [seq])) as Erasures,
  countedSince: async (...args) => (await held.run('countedSince', args)) as readonly CountedRequest[],
};

async function stop(id: string, withinMs?: number): Promise<void> {
  const stopping = settlers.get(id);
  await stopping?.settler.stop(withinMs);
  stopping?.close();
  settlers.delete(id);
}
