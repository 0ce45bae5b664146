// The clock of the process that answers jumps by an hour, ahead and back. Ids stay unique, ages are never negative, and
// every hit is settled once.
import { ask } from '../support/service.ts';
import { type Asked, type AskedJudgement, askMany } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface JumpResult extends AskedJudgement {
  /** Figures of `/metrics` below zero, over all looks. */
  readonly negative: number;
}

const HOUR_MS = 3_600_000;

/** Asks `count` times at the right time, an hour ahead, right again, and an hour behind. */
export async function jumpClock(count: number): Promise<JumpResult> {
  return await inTrial(async ({ start, conclude }) => {
    const service = await start();
    const asked: Asked[] = [];
    let negative = 0;
    for (const offsetMs of [0, HOUR_MS, 0, -HOUR_MS]) {
      await service.ask(offsetMs);
      asked.push(...(await askMany(service.url, count)));
      const { text } = await ask(`${service.url}/metrics`);
      negative += [...text.matchAll(/^telltale_\S+ -/gm)].length;
    }
    return { ...(await conclude(service, asked)), negative };
  });
}
