import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../src/store/open-store.ts';
import { startTestEngine } from '../support/engines.ts';
import { makeHit } from '../support/hits.ts';
import { appendAll, countsWith } from '../support/journals.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The threads that this process starts from now on, in order: of an engine the writer, then the reader. */
function watchThreads(): readonly Worker[] {
  const workers: Worker[] = [];
  const add = (worker: Worker) => void workers.push(worker);
  process.on('worker', add);
  onTestFinished(() => void process.off('worker', add));
  return workers;
}

async function startWatched() {
  const workers = watchThreads();
  const engine = await startTestEngine(temporaryDirectory(), 100);
  // The reader is told of on a later turn.
  await expect.poll(() => workers.length).toBe(2);
  const [writer, reader] = workers;
  if (writer === undefined || reader === undefined) throw new Error('the engine started no threads');
  return { ...engine, store: engine.engine.store, workers, writer, reader };
}

const unavailable = { name: 'TelltaleError', code: 'STORE_UNAVAILABLE' };
const opens = async (store: Store) =>
  (await store.countsOf('spring-sale')).find(({ label }) => label === 'all')?.total ?? 0;

describe('a thread of the store that ends', () => {
  it('when it writes: fails what waits for it, is there again, and settles what came meanwhile', async () => {
    const { store, writer, problems, addJournal } = await startWatched();
    const { journal } = await addJournal('journal.db');
    await appendAll(journal, [makeHit()]);
    await expect.poll(() => opens(store)).toBe(1);
    const sent = [{ recipient: 'r1', atMs: 1 }];
    const ending = writer.terminate();
    await expect(store.recordSends('spring-sale', sent)).rejects.toMatchObject(unavailable);
    await ending;
    await expect(store.recordSends('spring-sale', sent)).rejects.toThrow("The store's writer ended");
    await appendAll(journal, [makeHit(), makeHit()]);
    await expect.poll(() => opens(store), { timeout: 20_000 }).toBe(3);
    await expect.poll(() => journal.counts()).toEqual(countsWith({ received: 3, settled: 3 }));
    expect(await store.recordSends('spring-sale', sent)).toEqual({ accepted: 1, duplicate: 0 });
    expect(problems).toEqual([expect.objectContaining(unavailable)]);
  });

  it('when it reads: fails what waits for it, is there again, and nothing else is disturbed', async () => {
    const { store, reader, problems } = await startWatched();
    await reader.terminate();
    await expect(store.findMessage('spring-sale')).rejects.toMatchObject(unavailable);
    expect(await store.recordSends('spring-sale', [{ recipient: 'r1', atMs: 1 }])).toMatchObject({ accepted: 1 });
    const sentNow = () => store.findMessage('spring-sale').then((found) => found?.sent ?? 0);
    await expect.poll(() => sentNow().catch(() => -1), { timeout: 20_000 }).toBe(1);
    expect(problems).toEqual([expect.objectContaining(unavailable)]);
  });

  it('again and again: waits longer each time', async () => {
    const { workers, writer, problems } = await startWatched();
    await writer.terminate();
    await expect.poll(() => workers.length, { timeout: 20_000 }).toBe(3);
    await workers[2]?.terminate();
    await expect.poll(() => problems.length).toBe(2);
    expect(problems.map(String)).toEqual([
      expect.stringContaining('again in 0.25 s'),
      expect.stringContaining('again in 0.5 s'),
    ]);
  });

  it('is not started again once the engine is closed', async () => {
    const { engine, workers, writer } = await startWatched();
    await writer.terminate();
    const closed = engine.close();
    const started = workers.length;
    await closed;
    expect(workers.length).toBe(started);
    await expect(engine.store.recordSends('a', [])).rejects.toThrow();
  });
});
