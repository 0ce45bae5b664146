// The disk of the whole service, a small one in memory, is filled by others to its last byte, and has room again later.
// Everybody is answered, what could not be kept is counted, and the service recovers by itself.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../support/service.ts';
import { askUntilDurable, RECOVERY_MS } from './failing-disk.ts';
import { type Asked, type AskedJudgement, askMany, type OracleService } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface FullDiskResult extends AskedJudgement {
  readonly rounds: number;
  /** Rounds in which no hit was dropped before {@link REQUESTS_MAX} were asked for. */
  readonly neverFull: number;
  /** Rounds after which a hit was not on disk, or `/readyz` not 200, within five seconds. */
  readonly notRecovered: number;
  /** Hits that were counted as dropped. */
  readonly dropped: number;
  /** By how much the hits that were received differ from those asked for. */
  readonly uncounted: number;
}

const DISK_SIZE = '24m';
const BATCH = 40;
const REQUESTS_MAX = 20_000;

/** Whether this process may mount a file system. */
export function canMount(): boolean {
  try {
    mountDisk().unmount();
    return true;
  } catch {
    return false;
  }
}

/** Fills the disk `rounds` times. */
export async function fillDisk(rounds: number): Promise<FullDiskResult> {
  const disk = mountDisk();
  try {
    return await inTrial(async ({ directory, start, conclude }) => {
      const service = await start();
      const asked: Asked[] = [...(await askMany(service.url, BATCH))];
      let neverFull = 0;
      let notRecovered = 0;
      for (let round = 0; round < rounds; round += 1) {
        const before = (await service.ask('counts')).dropped.failed;
        const ballast = join(directory, 'ballast');
        fill(ballast);
        const during = await askUntilDropped(service, before);
        if ((await service.ask('counts')).dropped.failed === before) neverFull += 1;
        rmSync(ballast);
        const after = await askUntilDurable(service.url);
        if (after.at(-1)?.durable !== true || !(await isReadyInTime(service.url))) notRecovered += 1;
        asked.push(...during, ...after);
      }
      const { received, dropped } = await service.ask('settle');
      const judged = await conclude(service, asked);
      const uncounted = Math.abs(received - asked.length);
      return { ...judged, rounds, neverFull, notRecovered, dropped: dropped.failed + dropped.overflow, uncounted };
    }, disk.directory);
  } finally {
    disk.unmount();
  }
}

/** Mounts a small disk; its directory is one below its root, which can be removed. */
function mountDisk(): { readonly directory: string; unmount(): void } {
  const root = mkdtempSync(join(tmpdir(), 'telltale-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE}`, 'tmpfs', root], { stdio: 'ignore' });
  } catch (error) {
    rmSync(root, { recursive: true });
    throw error;
  }
  const directory = join(root, 'data');
  mkdirSync(directory);
  return {
    directory,
    unmount() {
      execFileSync('umount', [root]);
      rmSync(root, { recursive: true });
    },
  };
}

/** Writes a file that takes what room there is. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  for (const bytes of [65_536, 4_096]) {
    const chunk = Buffer.alloc(bytes, 0x54);
    try {
      for (;;) if (writeSync(file, chunk) < bytes) break;
    } catch (error) {
      if (!isFullDisk(error)) throw error;
    }
  }
  closeSync(file);
}

function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

async function askUntilDropped(service: OracleService, before: number): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  do asked.push(...(await askMany(service.url, BATCH)));
  while (asked.length < REQUESTS_MAX && (await service.ask('counts')).dropped.failed === before);
  return asked;
}

async function isReadyInTime(url: string): Promise<boolean> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < RECOVERY_MS) {
    if ((await ask(`${url}/readyz`)).status === 200) return true;
    await sleep(100);
  }
  return false;
}
