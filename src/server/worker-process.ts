// A process that answers readers of mail. It has a journal of its own and reads the mirror of the control state; all that
// needs the store it asks of the primary, which alone decides when it ends.
import { messageOf } from '../base/errors.ts';
import { processPort } from '../base/process-line.ts';
import { openLine } from '../base/thread-line.ts';
import { type RunMethod, remoteStore } from '../engine/remote-store.ts';
import { createKeyRing, type KeyRing } from '../token/key-ring.ts';
import type { GuessLimit } from './guess-limit.ts';
import { type Collecting, startCollecting } from './start-collecting.ts';
import type { PrimaryRequest, WorkerRequest, WorkerSettings, WorkerStarted } from './worker-letters.ts';

// A terminal and a service manager signal every process at once; the primary says when what was accepted is answered.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);

const primary = openLine<PrimaryRequest, WorkerRequest>(processPort(process), answer);
let keys: KeyRing | undefined;
let collecting: Collecting | undefined;

// What comes before anybody listens would be lost.
tell({ kind: 'ready' });

async function answer(request: WorkerRequest): Promise<unknown> {
  switch (request.kind) {
    case 'start':
      return await start(request.settings);
    case 'keys':
      return keys?.replace(request.ring);
    case 'prune':
      return await collecting?.journal.prune(request.through);
    case 'forward':
      return await collecting?.journal.forward(request.through, request.places);
    case 'forwarded-places':
      return await collecting?.journal.forwardedPlaces();
    case 'set-aside':
      return await collecting?.journal.setAside(request.entries);
    case 'repair':
      return await collecting?.journal.repair();
    case 'erase':
      return await collecting?.journal.erase(request.request);
    case 'figures':
      return await collecting?.metrics.figures();
    case 'drain':
      return await collecting?.drain();
    case 'close':
      await collecting?.close();
      // After the answer has left. A worker that is cut off ends.
      setImmediate(() => process.disconnect());
      return undefined;
  }
}

async function start(settings: WorkerSettings): Promise<WorkerStarted> {
  const { storeUrl, isStoreThere, ring, ...answering } = settings;
  keys = createKeyRing(ring);
  const run: RunMethod = (method, args) => primary.ask({ kind: 'run', method, args });
  const guesses: GuessLimit = {
    secondsLeft: async (address) => Number(await primary.ask({ kind: 'guess-wait', address })),
    count: async (address) => void (await primary.ask({ kind: 'guessed', address })),
  };
  collecting = await startCollecting({
    ...answering,
    keys,
    keeping: Promise.resolve({
      store: remoteStore({ url: storeUrl, run, close: async () => undefined }),
      isStoreThere,
      leftovers: [],
    }),
    guesses,
    metricsText: async () => String(await primary.ask({ kind: 'metrics' })),
    onApiRequest: (request) => tell({ kind: 'api-request', request }),
    onProblem: (error) => tell({ kind: 'problem', message: messageOf(error) }),
  });
  const { url, baseUrl, journal } = collecting;
  journal.onCommit(() => tell({ kind: 'committed' }));
  return { url, baseUrl, journal: { id: journal.id, path: journal.path } };
}

/** Tells the primary; whether it could listen changes nothing here. */
function tell(request: PrimaryRequest): void {
  primary.ask(request).catch(() => undefined);
}
