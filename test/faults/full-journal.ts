// Nothing can be settled until the journal is as large as it may become. Everybody is answered, the oldest hits are kept,
// later ones are counted as dropped, and the server says that it should get no more until there is room again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../support/service.ts';
import { alter } from './altered.ts';
import { lockStore } from './away-store.ts';
import { type Asked, type AskedJudgement, askMany, judgeAsked, startOracleService } from './oracle.ts';

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
  const directory = mkdtempSync(join(tmpdir(), 'telltale-full-'));
  const limit = 'journalBytesMax = 4_294_967_296';
  const fileOf = alter([{ file: 'base/limits.ts', from: limit, to: `journalBytesMax = ${bytesMax}` }]);
  const service = await startOracleService(directory, { fileOf });
  const probe = () => ask(`${service.url}/readyz`);
  try {
    const unlock = lockStore(join(directory, 'telltale.db'));
    const asked: Asked[] = [];
    do asked.push(...(await askMany(service.url, 50)));
    while ((await service.ask('counts')).dropped.overflow === 0);
    const readyWhenFull = (await probe()).text;
    unlock();
    await service.ask('settle');
    const statusWhenSettled = (await probe()).status;
    asked.push(...(await askMany(service.url, 20)));
    const counts = await service.ask('settle');
    await service.end('SIGTERM');
    return {
      ...judgeAsked(directory, asked, counts),
      overflow: counts.dropped.overflow,
      settled: counts.settled,
      readyWhenFull,
      statusWhenSettled,
    };
  } finally {
    await service.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}
