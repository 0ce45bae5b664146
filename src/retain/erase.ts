// Erases a recipient from a store: a tombstone first, so that nothing new of them is stored from then on, then the rest,
// step by step. What was counted stays counted. Whoever is killed between two steps erases again; nothing is lost by that.
import { scrubTries } from '../base/limits.ts';
import { rest } from './retain.ts';

/** The tables that say something of one recipient, in the order in which they are told of. */
export const ERASED_TABLES = [
  'recipients',
  'sends',
  'send_log',
  'deliveries',
  'events',
  'states',
  'link_states',
  'unsubscribes',
  'conversions',
  'conversion_touches',
  'outbox',
  'suppressions',
  'consents',
  'control_changes',
] as const;

export type ErasedTable = (typeof ERASED_TABLES)[number];

/** How many rows of each table are gone. */
export type ErasedRows = Readonly<Record<ErasedTable, number>>;

/** What the first step leaves, and what it removed. */
export interface Tombstone {
  readonly isNew: boolean;
  /** Its place in the sequence of the control state, and the name of that. */
  readonly seq: number;
  readonly log: string;
  readonly consents: number;
  readonly controlChanges: number;
}

/** Where an erasure goes on: at a hit of a message. */
export interface ErasePlace {
  readonly message: number;
  /** In hexadecimal; empty for the first. */
  readonly hit: string;
}

export interface EraseStep {
  readonly rows: Readonly<Partial<Record<ErasedTable, number>>>;
  /** Null after the last step. */
  readonly next: ErasePlace | null;
}

/** What erasing needs of a store. */
export interface EraseStore {
  leaveTombstone(recipient: string, by: string): Promise<Tombstone>;
  /** Removes some of what is kept of a recipient, from a place on; null begins. */
  eraseStep(recipient: string, place: ErasePlace | null): Promise<EraseStep>;
  /** Takes what was removed out of the store's files, as far as that can be done now. */
  scrub(): Promise<Scrubbed>;
}

/**
 * What the files of a store have left of what was removed: nothing; what their log has while somebody reads from it; or all
 * of it until the database is vacuumed, which its owner does.
 */
export type Scrubbed = 'clean' | 'read-from' | 'to-vacuum';

export interface Erased {
  readonly tombstone: Tombstone;
  readonly rows: ErasedRows;
  /** Whether the store's files are free of what was removed. */
  readonly isScrubbed: boolean;
  /** Whether they will be once the database is vacuumed. */
  readonly isToVacuum: boolean;
}

/** Erases a recipient; one that is not known leaves a tombstone all the same. */
export async function erase(
  store: EraseStore,
  { recipient, by }: { readonly recipient: string; readonly by: string },
): Promise<Erased> {
  const tombstone = await store.leaveTombstone(recipient, by);
  const rows: Record<ErasedTable, number> = { ...NO_ROWS };
  rows.consents = tombstone.consents;
  rows.control_changes = tombstone.controlChanges;
  let place: ErasePlace | null = null;
  do {
    const startedMs = performance.now();
    const step: EraseStep = await store.eraseStep(recipient, place);
    for (const table of ERASED_TABLES) rows[table] += step.rows[table] ?? 0;
    place = step.next;
    if (place !== null) await rest(performance.now() - startedMs, undefined);
  } while (place !== null);
  const scrubbed = await scrub(store);
  return { tombstone, rows, isScrubbed: scrubbed === 'clean', isToVacuum: scrubbed === 'to-vacuum' };
}

const NO_ROWS = Object.fromEntries(ERASED_TABLES.map((table) => [table, 0])) as ErasedRows;

/** Whoever reads holds the log for the length of a query. */
async function scrub(store: EraseStore): Promise<Scrubbed> {
  for (let tries = 1; ; tries += 1) {
    const scrubbed = await store.scrub();
    if (scrubbed !== 'read-from' || tries === scrubTries) return scrubbed;
    await rest(Number.POSITIVE_INFINITY, undefined);
  }
}
