// Somebody removes the store's file while the service has it open. What was settled is gone with it; all else, waiting in
// the journal or asked for later, is in the one that is made in its place, once, also after a restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../support/service.ts';
import { lockStore } from './away-store.ts';
import { type AskedJudgement, askMany, judgeAsked, startOracleService } from './oracle.ts';

export interface RemovedStoreResult extends AskedJudgement {
  /** What `/readyz` says afterwards. */
  readonly ready: string;
  readonly isTold: boolean;
}

/** Removes the file while 20 hits wait in the journal, asks `count` times and, after a restart, 20 times more. */
export async function removeStore(count: number): Promise<RemovedStoreResult> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-removed-'));
  const path = join(directory, 'telltale.db');
  let service = await startOracleService(directory);
  try {
    await askMany(service.url, 20);
    await service.ask('settle');
    const unlock = lockStore(path);
    const asked = [...(await askMany(service.url, 20))];
    for (const end of ['', '-wal', '-shm']) rmSync(path + end);
    unlock();
    asked.push(...(await askMany(service.url, count)));
    await service.ask('settle');
    await service.ask('follow');
    const ready = (await ask(`${service.url}/readyz`)).text;
    const isTold = service.problems.some((problem) => problem.includes('the store is another one'));
    await service.end('SIGTERM');
    service = await startOracleService(directory);
    asked.push(...(await askMany(service.url, 20)));
    const counts = await service.ask('settle');
    await service.end('SIGTERM');
    return {
      ...judgeAsked(directory, asked, counts),
      ready,
      isTold,
    };
  } finally {
    await service.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}
