// The whole service is killed at a random moment under load, started again over what it left, and asked again; then
// everything is settled and held against what was answered.
import { seeded } from './disk.ts';
import { type Asked, type AskedJudgement, askMany, EndedEarly, illAnswered, type OracleService } from './oracle.ts';
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
      asked.push(...(await askUntilEnd(service, BATCH)));
    }
    const service = await start();
    asked.push(...(await askMany(service.url, BATCH)));
    return { ...(await conclude(service, asked)), runs: of.runs, illAnswered: illAnsweredAlive(asked) };
  });
}

/** Requests after which a service that has not come to the place where it should be killed is killed all the same. */
export const LIFE_REQUESTS = 400;

/** Starts a service that will be killed, perhaps before it listens, and asks until it is. */
export async function askUntilKilled(start: () => Promise<OracleService>, atOnce: number): Promise<readonly Asked[]> {
  try {
    return await askUntilEnd(await start(), atOnce, LIFE_REQUESTS);
  } catch (error) {
    if (!isKill(error)) throw error;
    return [];
  }
}

/** Whether that is what becomes of what is asked of a service that is killed. */
export function isKill(error: unknown): boolean {
  return error instanceof EndedEarly && error.signal === 'SIGKILL';
}

/** Asks so many at once until the process has ended; it is killed when there are too many. */
export async function askUntilEnd(
  service: OracleService,
  atOnce: number,
  atMost: number = Number.POSITIVE_INFINITY,
): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  while (service.child.signalCode === null && asked.length < atMost) {
    asked.push(...(await askMany(service.url, atOnce)));
  }
  await service.end('SIGKILL');
  return asked;
}

/** Answered, but neither the pixel nor the redirect; a connection that broke with the process is no answer. */
export function illAnsweredAlive(asked: readonly Asked[]): number {
  return illAnswered(asked).filter(({ status }) => status !== 0).length;
}
