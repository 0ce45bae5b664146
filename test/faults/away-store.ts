// Another process has the store locked for a while. Answers go on, and afterwards every hit is in the store, once.
import Database from 'better-sqlite3';
import { type Asked, type AskedJudgement, askMany, p99Of } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface AwayStoreResult extends AskedJudgement {
  readonly p99Ms: number;
  /** Hits on disk that could not be settled meanwhile. */
  readonly heldBack: number;
}

/** Another connection writes and does not end, until the function it returns is called. */
export function lockStore(path: string): () => void {
  const other = new Database(path);
  other.exec('BEGIN EXCLUSIVE');
  return () => other.close();
}

/** Asks for `forMs` while the store is locked, and at least `atLeast` times. */
export async function loseStore(of: {
  readonly forMs: number;
  readonly atLeast: number;
  readonly clockOffsetMs?: number;
}): Promise<AwayStoreResult> {
  return await inTrial(async ({ start, storePath, conclude }) => {
    const service = await start(of);
    const before = await askMany(service.url, 20);
    await service.ask('settle');
    const unlock = lockStore(storePath);
    const during: Asked[] = [];
    const startedMs = performance.now();
    while (during.length < of.atLeast || performance.now() - startedMs < of.forMs) {
      during.push(...(await askMany(service.url, 20)));
    }
    const heldBack = (await service.ask('counts')).journalled;
    unlock();
    const asked = [...before, ...during, ...(await askMany(service.url, 20))];
    return { ...(await conclude(service, asked)), p99Ms: p99Of(during), heldBack };
  });
}
