// Somebody removes the store's file while the service has it open. What was settled is gone with it; all else, waiting in
// the journal or asked for later, is in the one that is made in its place, once, also after a restart.
import { rmSync } from 'node:fs';
import { ask } from '../support/service.ts';
import { lockStore } from './away-store.ts';
import { type AskedJudgement, askMany } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface RemovedStoreResult extends AskedJudgement {
  /** The status of `/readyz` afterwards. */
  readonly readyStatus: number;
  readonly isTold: boolean;
}

/** Removes the file while 20 hits wait in the journal, asks `count` times and, after a restart, 20 times more. */
export async function removeStore(count: number): Promise<RemovedStoreResult> {
  return await inTrial(async ({ start, storePath, conclude }) => {
    const service = await start();
    await askMany(service.url, 20);
    await service.ask('settle');
    const unlock = lockStore(storePath);
    const asked = [...(await askMany(service.url, 20))];
    for (const end of ['', '-wal', '-shm']) rmSync(storePath + end);
    unlock();
    asked.push(...(await askMany(service.url, count)));
    await service.ask('settle');
    await service.ask('follow');
    const readyStatus = (await ask(`${service.url}/readyz`)).status;
    const isTold = service.problems.some((problem) => problem.includes('the store is another one'));
    await service.end('SIGTERM');
    const next = await start();
    asked.push(...(await askMany(next.url, 20)));
    return { ...(await conclude(next, asked)), readyStatus, isTold };
  });
}
