// Takes erased recipients out of a journal's file: entries that name one are removed, an unsubscribe loses its recipient
// and stays; then the file is copied, since what was settled and forgotten long ago is still in its free pages. The file
// keeps how far the sequence of erasures it has come.
import type Database from 'better-sqlite3';
import { readBody, writeBody } from '../base/hit-body.ts';
import { journalErasedAtOnce, journalScrubBytesMax } from '../base/limits.ts';
import { tombstoneMaker } from '../token/tombstone.ts';
import { checksumOf } from './read-entries.ts';
import { isDamage, isFull } from './salvage.ts';

/** One step of an erasure. */
export type EraseRequest =
  /** Asks how far the file has come. */
  | { readonly step: 'place'; readonly log: string }
  /** Removes entries of recipients whose tombstones these are, from a place on. */
  | {
      readonly step: 'entries';
      readonly tombstoneKey: Uint8Array;
      readonly tombstones: ReadonlySet<string>;
      readonly after: number;
    }
  /** Leaves no trace of what was removed, and notes that the file has come so far. */
  | {
      readonly step: 'scrub';
      readonly log: string;
      readonly through: number;
      readonly hits: number;
      readonly parked: number;
    };

export interface ErasedEntries {
  readonly hits: number;
  readonly parked: number;
  /** Unsubscribes that lost their recipient. */
  readonly unnamed: number;
  /** Where to go on; null when all was looked at. */
  readonly next: number | null;
  /** How far the sequence of erasures the file has come. */
  readonly through: number;
}

export const NOTHING_ERASED: ErasedEntries = { hits: 0, parked: 0, unnamed: 0, next: null, through: 0 };

/** How far the file has come in each store's sequence, and how many entries it lost on the way. */
export const ERASED_TABLE =
  'CREATE TABLE IF NOT EXISTS erased (log TEXT PRIMARY KEY, through INTEGER NOT NULL, hits INTEGER NOT NULL, parked INTEGER NOT NULL)';

interface BodyRow {
  readonly seq: number;
  readonly body: unknown;
}

export interface ErasingStatements {
  readonly hitsAfter: Database.Statement<[number, number], BodyRow>;
  readonly parked: Database.Statement<[], BodyRow>;
  readonly removeHit: Database.Statement<[number]>;
  readonly removeParked: Database.Statement<[number]>;
  readonly rewriteHit: Database.Statement<[number, string, number]>;
  readonly placeOf: Database.Statement<[string], number>;
  readonly keepPlace: Database.Statement<[string, number, number, number]>;
}

export function prepareErasing(db: Database.Database): ErasingStatements {
  return {
    hitsAfter: db.prepare('SELECT seq, body FROM hits WHERE seq > ? ORDER BY seq LIMIT ?'),
    parked: db.prepare('SELECT seq, body FROM parked'),
    removeHit: db.prepare('DELETE FROM hits WHERE seq = ?'),
    removeParked: db.prepare('DELETE FROM parked WHERE seq = ?'),
    rewriteHit: db.prepare('UPDATE hits SET crc = ?, body = ? WHERE seq = ?'),
    placeOf: db.prepare<[string], number>('SELECT through FROM erased WHERE log = ?').pluck(),
    keepPlace: db.prepare(`INSERT INTO erased VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      through = max(through, excluded.through), hits = hits + excluded.hits, parked = parked + excluded.parked`),
  };
}

/** Within a transaction: removes what is found in one piece of the file. */
export function eraseEntries(
  statements: ErasingStatements,
  { tombstoneKey, tombstones, after }: Extract<EraseRequest, { readonly step: 'entries' }>,
): ErasedEntries {
  const tombstoneOf = tombstoneMaker(tombstoneKey);
  const isErased = (recipient: string) => tombstones.has(tombstoneOf(recipient).toString('hex'));
  const erased = { hits: 0, parked: 0, unnamed: 0 };
  if (after === 0) {
    for (const { seq, body } of statements.parked.all()) {
      const recipient = recipientOf(body);
      if (recipient !== null && isErased(recipient)) erased.parked += statements.removeParked.run(seq).changes;
    }
  }
  const rows = statements.hitsAfter.all(after, journalErasedAtOnce);
  for (const { seq, body } of rows) {
    const recipient = recipientOf(body);
    if (recipient === null || !isErased(recipient)) continue;
    const hit = readBody(String(body));
    if (hit?.kind === 'unsubscribe') {
      const unnamed = writeBody({ ...hit, recipient: null, level: 'aggregate' });
      statements.rewriteHit.run(checksumOf(seq, unnamed), unnamed, seq);
      erased.unnamed += 1;
    } else erased.hits += statements.removeHit.run(seq).changes;
  }
  const next = rows.length < journalErasedAtOnce ? null : (rows.at(-1)?.seq ?? null);
  return { ...erased, next, through: 0 };
}

/** Whom an entry names; an entry that is damaged names nobody one could find. */
function recipientOf(body: unknown): string | null {
  try {
    const hit = readBody(String(body));
    const recipient: unknown = hit?.kind === 'conversion' ? hit.conversion.recipient : hit?.recipient;
    return typeof recipient === 'string' ? recipient : null;
  } catch {
    return null;
  }
}

/** Asks for the place, or scrubs. */
export function answerErasing(
  { db, statements }: { readonly db: Database.Database; readonly statements: OpenStatements },
  request: Exclude<EraseRequest, { readonly step: 'entries' }>,
): ErasedEntries {
  const { erasing, bytes } = statements;
  const through = erasing.placeOf.get(request.log) ?? 0;
  if (request.step === 'place') return { ...NOTHING_ERASED, through };
  if ((bytes.get()?.used ?? 0) > journalScrubBytesMax || !scrub(db)) return { ...NOTHING_ERASED, through };
  erasing.keepPlace.run(request.log, request.through, request.hits, request.parked);
  return { ...NOTHING_ERASED, through: Math.max(through, request.through) };
}

interface OpenStatements {
  readonly erasing: ErasingStatements;
  readonly bytes: Database.Statement<[], { readonly used: number }>;
}

/** Copies what is used and cuts off the rest; false while somebody reads from the log, or where a copy cannot be made. */
function scrub(db: Database.Database): boolean {
  try {
    db.exec('VACUUM');
  } catch (error) {
    // Pages that are damaged, or no room on the disk.
    if (isDamage(error) || isFull(error)) return false;
    throw error;
  }
  const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly busy: number }[];
  return result?.busy === 0;
}
