// Takes erased recipients out of journals. Whoever erases only leaves a tombstone in the store; each journal is searched by
// whoever has its file open, and the file says how far it has come, so that one which was away is cleaned once it is back.
import type { Erasures } from '../base/control-change.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Store } from '../store/open-store.ts';

/** What was taken out of one journal. */
export interface ErasedFromJournal {
  readonly hits: number;
  readonly parked: number;
  readonly unnamed: number;
  /** False when the file could not be cleaned yet: it is too full, or was read from. */
  readonly isDone: boolean;
}

/** Brings a journal as far as the store's sequence of erasures is. */
export async function eraseFromJournal(
  journal: Pick<Journal, 'erase'>,
  store: Pick<Store, 'erasuresAfter'>,
): Promise<ErasedFromJournal> {
  const { log } = await store.erasuresAfter(Number.MAX_SAFE_INTEGER);
  const { through: place } = await journal.erase({ step: 'place', log });
  const erasures = await store.erasuresAfter(place);
  if (erasures.tombstones.length === 0) return { hits: 0, parked: 0, unnamed: 0, isDone: true };
  return await eraseAll(journal, erasures);
}

async function eraseAll(journal: Pick<Journal, 'erase'>, erasures: Erasures): Promise<ErasedFromJournal> {
  const { log, through, tombstoneKey } = erasures;
  const tombstones = new Set(erasures.tombstones);
  const found = { hits: 0, parked: 0, unnamed: 0 };
  for (let after: number | null = 0; after !== null; ) {
    const step = await journal.erase({ step: 'entries', tombstoneKey, tombstones, after });
    found.hits += step.hits;
    found.parked += step.parked;
    found.unnamed += step.unnamed;
    after = step.next;
  }
  const { hits, parked } = found;
  const scrubbed = await journal.erase({ step: 'scrub', log, through, hits, parked });
  return { ...found, isDone: scrubbed.through >= through };
}
