// The journal's disk fails at its Nth write, sync or open, for a while. Pixels and redirects go on all through, the
// service mends itself when the disk does, and nothing that was answered durable is lost.
import { join } from 'node:path';
import { type DiskFault, diskLibrary, makeFaultFile } from './disk.ts';
import { type Asked, type AskedJudgement, askMany } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface FailingDiskResult extends AskedJudgement {
  readonly faults: number;
  /** Faults after whose end the service did not answer durable again within five seconds. */
  readonly notRecovered: number;
}

/** All that can fail, at every `step`th of the first `most` calls. */
export function diskFaults(most: number, step: number): readonly DiskFault[] {
  const faults: DiskFault[] = [];
  for (let after = 0; after < most; after += step) {
    faults.push({ operation: 'W', errno: 'ENOSPC', after, count: 1_000_000 });
    faults.push({ operation: 'S', errno: 'EIO', after, count: 3 });
    faults.push({ operation: 'W', errno: 'EIO', after, count: 2 });
    faults.push({ operation: 'O', errno: 'EMFILE', after, count: 1_000_000 });
    faults.push({ operation: 'A', errno: 'EIO', after, count: 1_000_000 });
  }
  return faults;
}

const REQUESTS = 24;
export const RECOVERY_MS = 5_000;

/** Runs all faults, one after another, against one service. */
export async function failDisk(faults: readonly DiskFault[]): Promise<FailingDiskResult> {
  return await inTrial(async ({ directory, start, conclude }) => {
    const file = join(directory, 'fault');
    const disk = makeFaultFile(file);
    const service = await start({
      env: { LD_PRELOAD: diskLibrary(), DISK_WATCH: '/journal.db', DISK_FAULT: file },
    });
    const asked: Asked[] = [];
    let notRecovered = 0;
    for (const fault of faults) {
      disk.set(fault);
      asked.push(...(await askMany(service.url, REQUESTS)));
      disk.set(undefined);
      const after = await askUntilDurable(service.url);
      asked.push(...after);
      if (after.at(-1)?.durable !== true) notRecovered += 1;
    }
    return { ...(await conclude(service, asked)), faults: faults.length, notRecovered };
  });
}

/** Asks until a hit is on disk again, for as long as a service may take for that. */
export async function askUntilDurable(url: string): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  const startedMs = performance.now();
  while (performance.now() - startedMs < RECOVERY_MS) {
    const [answer] = await askMany(url, 1);
    if (answer !== undefined) asked.push(answer);
    if (answer?.durable === true) break;
  }
  return asked;
}
