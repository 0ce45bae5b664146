// Starts worker threads, from the TypeScript source and from the built package alike.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type ResourceLimits, type TransferListItem, Worker } from 'node:worker_threads';
import { isSource } from './package-root.ts';

/**
 * Starts a thread with the module at `file`: the URL of a `.ts` file, which is a `.js` file once built. `resourceLimits`
 * and `transferList` are Node's own for a Worker.
 */
export function startThread(
  file: URL,
  workerData: unknown,
  resourceLimits: ResourceLimits = {},
  transferList: TransferListItem[] = [],
): Worker {
  const options = { workerData, resourceLimits, transferList };
  if (!isSource) return new Worker(new URL(file.href.replace(/\.ts$/, '.js')), options);
  // A thread does not inherit the loader that runs TypeScript, so it is told to load it first.
  const loader = new URL(
    'dist/esm/api/index.mjs',
    pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json')),
  ).href;
  const code = `import('${loader}').then(({ register }) => { register(); return import('${file.href}'); })`;
  return new Worker(code, { eval: true, ...options });
}
