// The whole service is killed at a random moment under load, started again over what it left, and asked again; then
// everything is settled and held against what was answered.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from './disk.ts';
import { type Asked, askMany, illAnswered, type Judgement, judge, startOracleService } from './oracle.ts';

export interface KillResult extends Judgement {
  readonly runs: number;
  readonly asked: number;
  readonly durable: number;
  /** Answered, but neither the pixel nor the redirect; a connection that broke with the process is no answer. */
  readonly illAnswered: number;
}

const BATCH = 40;

/** Kills one data directory's service `runs` times, each between 0 and `withinMs` after the load begins. */
export async function killRepeatedly(of: {
  readonly seed: number;
  readonly runs: number;
  readonly withinMs: number;
}): Promise<KillResult> {
  const random = seeded(of.seed);
  const directory = mkdtempSync(join(tmpdir(), 'telltale-kill-'));
  try {
    const asked: Asked[] = [];
    for (let run = 0; run < of.runs; run += 1) asked.push(...(await killOnce(directory, random() * of.withinMs)));
    const service = await startOracleService(directory);
    asked.push(...(await askMany(service.url, BATCH)));
    const counts = await service.ask('settle');
    await service.end('SIGTERM');
    return {
      ...judge(directory, asked, counts),
      runs: of.runs,
      asked: asked.length,
      durable: asked.filter(({ durable }) => durable).length,
      illAnswered: illAnswered(asked).filter(({ status }) => status !== 0).length,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function killOnce(directory: string, afterMs: number): Promise<readonly Asked[]> {
  const service = await startOracleService(directory);
  const asked: Asked[] = [];
  const ended = once(service.child, 'exit');
  setTimeout(() => service.child.kill('SIGKILL'), afterMs);
  while (service.child.signalCode === null) asked.push(...(await askMany(service.url, BATCH)));
  await ended;
  return asked;
}
