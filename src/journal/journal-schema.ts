// What stands in a journal's file, and whose the file is.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { journalWalBytesMax, journalWalPages } from '../base/limits.ts';
import { fileProblem } from '../base/sqlite-header.ts';
import { ERASED_TABLE, type ErasingStatements, prepareErasing } from './erase-entries.ts';
import { FORWARDING_TABLES, type ForwardingStatements, prepareForwarding } from './forwarding.ts';
import { prepareReading, type ReadEntries } from './read-entries.ts';
import { giveUpReserve } from './reserve.ts';
import { HITS_TABLE, isFull } from './salvage.ts';

/** "TTJL": tells a journal from any other SQLite file. */
const APPLICATION_ID = 0x54544a4c;

/** A process that is just stopping has this long to let go. */
const LOCK_WAIT_MS = 2_000;

/** What became of the hits of a journal: `received` is the sum of the others, and of those that were forwarded. */
export interface KeptCounts {
  readonly received: number;
  readonly journalled: number;
  readonly settled: number;
  readonly parked: number;
  readonly overflow: number;
  readonly failed: number;
  readonly damaged: number;
}

/** A connection with its statements. */
export interface OpenedFile {
  readonly db: Database.Database;
  readonly statements: Statements;
}

interface Statements {
  readonly insert: Database.Statement<[number, number, string]>;
  /** The last place that was given. */
  readonly last: Database.Statement<[], { readonly seq: number }>;
  readonly read: ReadEntries;
  readonly remove: Database.Statement<[number]>;
  readonly removeOne: Database.Statement<[number]>;
  readonly park: Database.Statement<[string, number]>;
  readonly count: Database.Statement<[KeptCounts]>;
  readonly counts: Database.Statement<[], KeptCounts & { readonly settled_through: number }>;
  readonly keepPlace: Database.Statement<[number]>;
  readonly bytes: Database.Statement<[], { readonly used: number; readonly free: number }>;
  readonly erasing: ErasingStatements;
  readonly forwarding: ForwardingStatements;
}

/**
 * Takes the journal at `path` for this process alone, and makes the file when there is none. The system gives the lock
 * back when the process ends, however it ends.
 *
 * @throws TelltaleError `INVALID_JOURNAL`, `JOURNAL_IN_USE`.
 */
export function claimFile(path: string): Database.Database {
  try {
    const problem = fileProblem(path, APPLICATION_ID);
    if (problem !== undefined) throw new Error(problem);
    const lock = takeLock(path);
    // Made for its owner only; SQLite gives its log the same mode.
    closeSync(openSync(path, 'a', 0o600));
    return lock;
  } catch (error) {
    throw error instanceof TelltaleError ? error : invalid(path, error);
  }
}

/** @throws TelltaleError `INVALID_JOURNAL`. */
export function openFile(path: string): OpenedFile {
  try {
    return openOnce(path);
  } catch (error) {
    if (!isFull(error)) throw invalid(path, error);
  }
  giveUpReserve(path);
  try {
    return openOnce(path);
  } catch (error) {
    throw invalid(path, error);
  }
}

function openOnce(path: string): OpenedFile {
  let db: Database.Database | undefined;
  try {
    db = new Database(path);
    // Before WAL mode, so that the mark stands in the file itself from its first page on.
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma(`wal_autocheckpoint = ${journalWalPages}`);
    db.pragma(`journal_size_limit = ${journalWalBytesMax}`);
    makeTables(db);
    return { db, statements: prepare(db) };
  } catch (error) {
    db?.close();
    throw error;
  }
}

function makeTables(db: Database.Database): void {
  db.transaction(() => {
    db.exec(HITS_TABLE);
    db.exec(ERASED_TABLE);
    db.exec(FORWARDING_TABLES);
    db.exec(`
      CREATE TABLE IF NOT EXISTS parked (seq INTEGER PRIMARY KEY, crc INTEGER NOT NULL, body TEXT NOT NULL, reason TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS journal (
        id TEXT NOT NULL, settled_through INTEGER NOT NULL, received INTEGER NOT NULL, journalled INTEGER NOT NULL,
        settled INTEGER NOT NULL, parked INTEGER NOT NULL, overflow INTEGER NOT NULL, failed INTEGER NOT NULL, damaged INTEGER NOT NULL
      );
      INSERT INTO journal SELECT '${randomUUID()}', 0, 0, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM journal);
    `);
  })();
}

function prepare(db: Database.Database): Statements {
  return {
    insert: db.prepare('INSERT INTO hits VALUES (?, ?, ?)'),
    last: db.prepare(`SELECT max(coalesce((SELECT max(seq) FROM hits), 0),
      coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'hits'), 0)) AS seq`),
    read: prepareReading(db),
    remove: db.prepare('DELETE FROM hits WHERE seq <= ?'),
    removeOne: db.prepare('DELETE FROM hits WHERE seq = ?'),
    park: db.prepare('INSERT OR IGNORE INTO parked SELECT seq, crc, body, ? FROM hits WHERE seq = ?'),
    count: db.prepare(`UPDATE journal SET received = received + @received, journalled = journalled + @journalled,
      settled = settled + @settled, parked = parked + @parked, overflow = overflow + @overflow, failed = failed + @failed,
      damaged = damaged + @damaged`),
    counts: db.prepare(
      'SELECT received, journalled, settled, parked, overflow, failed, damaged, settled_through FROM journal',
    ),
    keepPlace: db.prepare('UPDATE journal SET settled_through = max(settled_through, ?)'),
    erasing: prepareErasing(db),
    forwarding: prepareForwarding(db),
    bytes: db.prepare(`SELECT (page_count - freelist_count) * page_size AS used, freelist_count * page_size AS free
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`),
  };
}

function takeLock(path: string): Database.Database {
  const file = new Database(`${path}.lock`, { timeout: LOCK_WAIT_MS });
  try {
    file.pragma('journal_mode = MEMORY');
    file.exec('BEGIN EXCLUSIVE');
    return file;
  } catch {
    file.close();
    throw new TelltaleError(
      'JOURNAL_IN_USE',
      `Another process collects into ${path}. Stop it first, or give this one a data directory of its own (--data).`,
    );
  }
}

function invalid(path: string, error: unknown): TelltaleError {
  return new TelltaleError(
    'INVALID_JOURNAL',
    `${path} should be a journal of Telltale, but ${messageOf(error)}. Name another data directory, or move that file away.`,
    { cause: error },
  );
}
