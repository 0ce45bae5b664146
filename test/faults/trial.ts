// What all trials of a service share: a directory of their own, services that do not outlive them, and the judgement in
// the end.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Asked,
  type AskedJudgement,
  judgeAsked,
  type OracleOptions,
  type OracleService,
  startOracleService,
} from './oracle.ts';

export interface Trial {
  readonly directory: string;
  /** The store's file. */
  readonly storePath: string;
  /** Starts a service over the directory. */
  start(options?: OracleOptions): Promise<OracleService>;
  /** Has everything settled, ends the service and holds what it left against what was asked. */
  conclude(service: OracleService, asked: readonly Asked[]): Promise<AskedJudgement>;
}

/** Runs a trial. Whatever comes of it, its services are killed and its files removed. */
export async function inTrial<T>(run: (trial: Trial) => Promise<T>, directory = makeDirectory()): Promise<T> {
  const services: OracleService[] = [];
  try {
    return await run({
      directory,
      storePath: join(directory, 'telltale.db'),
      async start(options) {
        const service = await startOracleService(directory, options);
        services.push(service);
        return service;
      },
      async conclude(service, asked) {
        const counts = await settleAll(service);
        await service.end('SIGTERM');
        return judgeAsked(directory, asked, { counts: [counts] });
      },
    });
  } finally {
    await Promise.all(services.map((service) => service.end('SIGKILL')));
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'telltale-trial-'));
}

/** A writer that met a lock may still be waiting for it; the next try works. */
async function settleAll(service: OracleService): ReturnType<OracleService['ask']> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await service.ask('settle');
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}
