// Another process has the store locked for a while. Answers go on, and afterwards every hit is in the store, once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Asked, askMany, illAnswered, type Judgement, judge, startOracleService } from './oracle.ts';

export interface AwayStoreResult extends Judgement {
  readonly asked: number;
  readonly illAnswered: number;
  readonly p99Ms: number;
  /** Hits on disk that could not be settled meanwhile. */
  readonly heldBack: number;
}

/** What happens to the store, and what ends it. */
export type Mishap = (storePath: string) => () => void;

/** Another connection writes and does not end. */
export function lockStore(path: string): () => void {
  const other = new Database(path);
  other.exec('BEGIN EXCLUSIVE');
  return () => other.close();
}

/** Asks for `forMs` while the mishap lasts, and at least `atLeast` times. */
export async function loseStore(
  mishap: Mishap,
  of: { readonly forMs: number; readonly atLeast: number; readonly clockOffsetMs?: number },
): Promise<AwayStoreResult> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-store-'));
  const service = await startOracleService(directory, of);
  try {
    const asked: Asked[] = [...(await askMany(service.url, 20))];
    await service.ask('settle');
    const end = mishap(join(directory, 'telltale.db'));
    const during: Asked[] = [];
    const startedMs = performance.now();
    while (during.length < of.atLeast || performance.now() - startedMs < of.forMs) {
      during.push(...(await askMany(service.url, 20)));
    }
    const heldBack = (await service.ask('counts')).journalled;
    end();
    asked.push(...during, ...(await askMany(service.url, 20)));
    const counts = await settleWithin(service);
    await service.end('SIGTERM');
    const sorted = during.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      ...judge(directory, asked, counts),
      asked: asked.length,
      illAnswered: illAnswered(asked).length,
      p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      heldBack,
    };
  } finally {
    await service.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A writer that met the lock is still waiting for it; the next try works. */
async function settleWithin(service: Awaited<ReturnType<typeof startOracleService>>) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await service.ask('settle');
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}
