// Somebody removes the store's file while the service has it open. What was settled is gone with it; all else, waiting in
// the journal or asked for later, is in the one that is made in its place, once, also after a restart.
import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { ask } from '../support/service.ts';
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
    // A mirror that has not looked into the first one yet would not know that the second is another.
    await service.ask('follow');
    const other = new Database(storePath);
    other.exec('BEGIN EXCLUSIVE');
    const asked = [...(await askMany(service.url, 20))];
    for (const end of ['', '-wal', '-shm']) rmSync(storePath + end);
    // Closing would remove the log by its name, which may be that of the new file by now.
    other.exec('ROLLBACK');
    asked.push(...(await askMany(service.url, count)));
    await service.ask('settle');
    await service.ask('follow');
    const readyStatus = (await ask(`${service.url}/readyz`)).status;
    const isTold = service.problems.some((problem) => problem.includes('the store is another one'));
    await service.end('SIGTERM');
    const next = await start();
    asked.push(...(await askMany(next.url, 20)));
    const judged = await conclude(next, asked);
    other.close();
    return { ...judged, readyStatus, isTold };
  });
}
