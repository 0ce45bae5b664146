// Opens a store in a file of SQLite: one file in WAL mode, written by one process, read by any. The file says whose it is
// (application_id), and its migrations say by which version it was written.
import { closeSync, existsSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { storeCacheKib, storeWalPages } from '../base/limits.ts';
import { fileProblem } from '../base/sqlite-header.ts';
import { bringUpToDate, busyTimeoutMs, isBusy, lockedFor, whenFree } from './bring-up-to-date.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { sqliteSql } from './sqlite-sql.ts';
import type { Tables } from './tables.ts';

/** "TTST": tells a store from any other SQLite file. */
const APPLICATION_ID = 0x54545354;

/** @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `STORE_BUSY`. */
export async function openSqlite(
  path: string,
  migrate: boolean,
  { isMoving = false }: { readonly isMoving?: boolean } = {},
): Promise<OpenedDatabase> {
  if (!migrate && !existsSync(path)) {
    throw new TelltaleError(
      'INVALID_DATABASE',
      `There is no database at ${quote(path)}. Start the server once (telltale serve), or run: telltale migrate.`,
    );
  }
  const sqlite = await openFile(path);
  const db = kyselyOver(sqlite);
  try {
    if (!isMoving) refuseMoved(sqlite, path);
    await bringUpToDate({ db, sqlite, path, migrate });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return opened(path, sqlite, db);
}

/**
 * One more connection to a file that this process has open already, only to read.
 *
 * Looks at nothing but through SQLite: to open and close the file in another way would take away the locks that all
 * connections of this process have on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 *
 * @throws TelltaleError `INVALID_DATABASE`, `STORE_BUSY`.
 */
export function openSqliteToRead(path: string): OpenedDatabase {
  try {
    const sqlite = new Database(path, { fileMustExist: true, timeout: busyTimeoutMs });
    sqlite.pragma('query_only = ON');
    return opened(path, sqlite, kyselyOver(sqlite));
  } catch (error) {
    throw unusable(path, error);
  }
}

/** A file whose rows are in PostgreSQL by now, or on their way there (move-store.ts), is no store any more. */
function refuseMoved(sqlite: Database.Database, path: string): void {
  const isMoved = sqlite.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'moved'").get();
  if (isMoved === undefined) return;
  const url = sqlite.prepare<[], string>('SELECT url FROM moved').pluck().get();
  throw new TelltaleError(
    'INVALID_DATABASE',
    `${quote(path)} has been moved to ${url}. Name that, with --database or TELLTALE_DATABASE; or take it back with: telltale migrate --from sqlite:${path} --give-up.`,
  );
}

function kyselyOver(sqlite: Database.Database): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
}

function opened(path: string, sqlite: Database.Database, db: Kysely<Tables>): OpenedDatabase {
  const secret = sqlite.prepare<[], Buffer>("SELECT secret FROM secrets WHERE name = 'recipients'").pluck().get();
  if (secret === undefined) throw new Error('the key for recipients is missing');
  return { url: `sqlite:${path}`, database: sqliteSql(sqlite, db), secret, close: () => db.destroy() };
}

function unusable(path: string, error: unknown): TelltaleError {
  if (isBusy(error)) return lockedFor(path, error);
  return new TelltaleError(
    'INVALID_DATABASE',
    `${quote(path)} should be a database of Telltale, but ${messageOf(error)}. Name another one with --database or TELLTALE_DATABASE.`,
    { cause: error },
  );
}

async function openFile(path: string): Promise<Database.Database> {
  let sqlite: Database.Database | undefined;
  try {
    const problem = fileProblem(path, APPLICATION_ID);
    if (problem !== undefined) throw new Error(problem);
    // Made for its owner only; SQLite gives its log the same mode.
    closeSync(openSync(path, 'a', 0o600));
    sqlite = new Database(path, { timeout: busyTimeoutMs });
    await claim(sqlite);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw unusable(path, error);
  }
}

/** Marks an empty file as ours and sets how it is written. */
async function claim(sqlite: Database.Database): Promise<void> {
  await whenFree(sqlite, () => {
    // Before WAL mode, so that the mark stands in the file itself from its first page on.
    if (sqlite.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
      sqlite.pragma(`application_id = ${APPLICATION_ID}`);
    }
    sqlite.pragma('journal_mode = WAL');
  });
  // A hit leaves the journal once it is settled, so what is settled must survive a power cut.
  sqlite.pragma('synchronous = FULL');
  // What rows leave behind in their pages is written over, so that an erased id is found nowhere; it costs nothing.
  sqlite.pragma('secure_delete = FAST');
  // Fewer, longer checkpoints write each page once for many batches.
  sqlite.pragma(`wal_autocheckpoint = ${storeWalPages}`);
  sqlite.pragma(`cache_size = -${storeCacheKib}`);
}
