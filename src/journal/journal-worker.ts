// The journal's only writer, in a thread of its own, so that nothing else of the process waits for its fsync. Requests
// are answered in the order in which they come.
import { parentPort, workerData } from 'node:worker_threads';
import { journalQuietMs } from '../base/limits.ts';
import { openLine } from '../base/thread-line.ts';
import type { EraseRequest } from './erase-entries.ts';
import type { PartitionPlace } from './forwarding.ts';
import { type AsideEntry, type Dropped, JournalFile } from './journal-file.ts';

export type JournalRequest =
  | { readonly kind: 'open' }
  /** Hits as they are written, one a line: one text crosses to a thread many times faster than a list of them. */
  | { readonly kind: 'append'; readonly lines: string; readonly dropped: Dropped }
  | { readonly kind: 'read'; readonly after: number; readonly limit: number }
  | { readonly kind: 'prune'; readonly through: number }
  | { readonly kind: 'forward'; readonly through: number; readonly places: readonly PartitionPlace[] }
  | { readonly kind: 'forwarded-places' }
  | { readonly kind: 'set-aside'; readonly entries: readonly AsideEntry[] }
  | { readonly kind: 'repair' }
  | { readonly kind: 'erase'; readonly request: EraseRequest }
  | { readonly kind: 'close' };

const { path, bytesMax } = workerData as { readonly path: string; readonly bytesMax: number };
const port = parentPort;
if (port === null) throw new Error('journal-worker runs as a worker thread only');

let file: JournalFile | undefined;

const quiet = setTimeout(() => quietly('tidy'), journalQuietMs);

function quietly(what: 'tidy' | 'shrink'): void {
  try {
    file?.[what]();
  } catch {
    // The file stays as large as it is. Whoever writes next is told what is wrong with it.
  }
}

function answer(request: JournalRequest): unknown {
  quiet.refresh();
  if (request.kind === 'open') file = new JournalFile(path, bytesMax);
  if (file === undefined) return undefined;
  switch (request.kind) {
    case 'open':
      return { id: file.id(), state: file.state() };
    case 'append':
      return file.append(request.lines === '' ? [] : request.lines.split('\n'), request.dropped);
    case 'read':
      return file.read(request.after, request.limit);
    case 'prune':
      return file.prune(request.through);
    case 'forward':
      return file.forward(request.through, request.places);
    case 'forwarded-places':
      return file.forwardedPlaces();
    case 'set-aside':
      return file.setAside(request.entries);
    case 'repair':
      return file.repair();
    case 'erase':
      return file.erase(request.request);
    case 'close':
      quietly('shrink');
      clearTimeout(quiet);
      file.close();
      // After the answer has left.
      setImmediate(() => port?.close());
      return undefined;
  }
}

openLine<never, JournalRequest>(port, answer);
