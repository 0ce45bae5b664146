// Takes erased recipients out of the journals of a data directory: of those that nobody has open, here and now; of those of
// a running server, by waiting until it has, which it does by itself.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TelltaleError } from '../base/errors.ts';
import { erasedWithinMs } from '../base/limits.ts';
import { openJournal } from '../journal/open-journal.ts';
import { type ErasedPlace, readErasedPlace } from '../journal/read-erased-place.ts';
import type { Tombstone } from '../retain/erase.ts';
import type { Store } from '../store/open-store.ts';
import { type ErasedFromJournal, eraseFromJournal } from './erase-journals.ts';
import { JOURNAL_NAME } from './settle-leftovers.ts';

/** What became of one journal. */
export interface ErasedJournal extends Omit<ErasedFromJournal, 'unnamed'> {
  readonly file: string;
  /** Whether a running server has it open. */
  readonly isInUse: boolean;
}

/** Cleans the journals in a directory; without one there is nothing to clean. */
export async function eraseInDirectory(
  directory: string,
  store: Pick<Store, 'erasuresAfter'>,
  tombstone: Pick<Tombstone, 'log' | 'seq'>,
  withinMs: number = erasedWithinMs,
): Promise<readonly ErasedJournal[]> {
  const files = namesIn(directory).filter((name) => JOURNAL_NAME.test(name));
  const untilMs = performance.now() + withinMs;
  return await Promise.all(files.map((file) => eraseFile(join(directory, file), file, untilMs, { store, tombstone })));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

async function eraseFile(
  path: string,
  file: string,
  untilMs: number,
  of: { readonly store: Pick<Store, 'erasuresAfter'>; readonly tombstone: Pick<Tombstone, 'log' | 'seq'> },
): Promise<ErasedJournal> {
  const { log, seq } = of.tombstone;
  const before = readErasedPlace(path, log);
  const opened = await openJournal(path).catch((error: unknown) => {
    if (error instanceof TelltaleError && error.code === 'JOURNAL_IN_USE') return undefined;
    throw error;
  });
  if (opened !== undefined) {
    try {
      const { hits, parked, isDone } = await eraseFromJournal(opened, of.store);
      return { file, isInUse: false, hits, parked, isDone };
    } finally {
      await opened.close();
    }
  }
  let now: ErasedPlace = readErasedPlace(path, log);
  while (now.through < seq && performance.now() < untilMs) {
    await wait(LOOK_MS);
    now = readErasedPlace(path, log);
  }
  const [hits, parked] = [now.hits - before.hits, now.parked - before.parked];
  return { file, isInUse: true, hits, parked, isDone: now.through >= seq };
}

/** Milliseconds between two looks at a file that a server cleans. */
const LOOK_MS = 200;
