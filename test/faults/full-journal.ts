// Nothing can be settled until the journal is as large as it may become. Everybody is answered, the oldest hits are kept,
// later ones are counted as dropped, and the server says that it should get no more until there is room again.
import { ask } from '../support/service.ts';
import { alter } from './altered.ts';
import { lockStore } from './away-store.ts';
import { type Asked, type AskedJudgement, askMany } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface FullJournalResult extends AskedJudgement {
  readonly overflow: number;
  readonly settled: number;
  /** What `/readyz` says. */
  readonly readyWhenFull: string;
  /** Its status once some are settled and none has come since. */
  readonly statusWhenSettled: number;
}

/** Fills a journal that may have `bytesMax`. */
export async function fillUp(bytesMax: number): Promise<FullJournalResult> {
  const limit = 'journalBytesMax = 4_294_967_296';
  const fileOf = alter([{ file: 'base/limits.ts', from: limit, to: `journalBytesMax = ${bytesMax}` }]);
  return await inTrial(async ({ start, storePath, conclude }) => {
    const service = await start({ fileOf });
    const probe = () => ask(`${service.url}/readyz`);
    const unlock = lockStore(storePath);
    const asked: Asked[] = [];
    do asked.push(...(await askMany(service.url, 50)));
    while ((await service.ask('counts')).dropped.overflow === 0);
    const readyWhenFull = (await probe()).text;
    unlock();
    await service.ask('settle');
    const statusWhenSettled = (await probe()).status;
    asked.push(...(await askMany(service.url, 20)));
    const { dropped, settled } = await service.ask('settle');
    const judged = await conclude(service, asked);
    return { ...judged, overflow: dropped.overflow, settled, readyWhenFull, statusWhenSettled };
  });
}
