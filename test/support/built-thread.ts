// Takes the place of src/base/start-thread.ts in tests: the same threads, from the JavaScript that was made before. That
// they start from the source too is for test/cli/source.test.ts.
import { type ResourceLimits, type TransferListItem, Worker } from 'node:worker_threads';
import { builtFile } from './built.ts';

export function startThread(
  file: URL,
  workerData: unknown,
  resourceLimits: ResourceLimits = {},
  transferList: TransferListItem[] = [],
): Worker {
  return new Worker(builtFile(file), { workerData, resourceLimits, transferList });
}
