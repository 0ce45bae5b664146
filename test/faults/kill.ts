// The whole service is killed at a random moment under load, started again over what it left, and asked again; then
// everything is settled and held against what was answered.
import { once } from 'node:events';
import { seeded } from './disk.ts';
import { type Asked, type AskedJudgement, askMany, illAnswered, type OracleService } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface KillResult extends AskedJudgement {
  readonly runs: number;
}

const BATCH = 40;

/** Kills one data directory's service `runs` times, each between 0 and `withinMs` after the load begins. */
export async function killRepeatedly(of: {
  readonly seed: number;
  readonly runs: number;
  readonly withinMs: number;
}): Promise<KillResult> {
  const random = seeded(of.seed);
  return await inTrial(async ({ start, conclude }) => {
    const asked: Asked[] = [];
    for (let run = 0; run < of.runs; run += 1) {
      const service = await start();
      setTimeout(() => service.child.kill('SIGKILL'), random() * of.withinMs);
      asked.push(...(await askUntilDead(service, BATCH)));
    }
    const service = await start();
    asked.push(...(await askMany(service.url, BATCH)));
    return { ...(await conclude(service, asked)), runs: of.runs, illAnswered: illAnsweredAlive(asked) };
  });
}

/** Asks again and again, until the process has ended. */
export async function askUntilDead({ child, url }: OracleService, atOnce: number): Promise<readonly Asked[]> {
  const ended = once(child, 'exit');
  const asked: Asked[] = [];
  while (child.signalCode === null) asked.push(...(await askMany(url, atOnce)));
  await ended;
  return asked;
}

/** Answered, but neither the pixel nor the redirect; a connection that broke with the process is no answer. */
export function illAnsweredAlive(asked: readonly Asked[]): number {
  return illAnswered(asked).filter(({ status }) => status !== 0).length;
}
