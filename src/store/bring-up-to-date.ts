// Brings the schema of a store up to date: all missing steps in one transaction, one process at a time.
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { type Kysely, Migrator } from 'kysely';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { lacksSteps } from './judge-steps.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Tables } from './tables.ts';

/** Milliseconds to wait for another process that writes. */
export const busyTimeoutMs = 5_000;

/** Milliseconds between two tries for a lock. */
const LOCK_POLL_MS = 20;

/** An open file with its connection. */
interface Opened {
  readonly db: Kysely<Tables>;
  readonly sqlite: Database.Database;
  readonly path: string;
  readonly migrate: boolean;
}

/**
 * Brings the schema up to date, or makes sure that it is.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `STORE_BUSY`.
 */
export async function bringUpToDate({ db, sqlite, path, migrate }: Opened): Promise<void> {
  const known = Object.keys(MIGRATIONS);
  const lacks = async () => lacksSteps({ name: path, applied: await appliedNames(db), known });
  if (!(await lacks())) return;
  if (!migrate) throw olderThanUs(path);
  try {
    await migrateAtOnce(db, sqlite);
  } catch (error) {
    if (isBusy(error)) throw lockedFor(path, error);
    // A newer version may have come first, with steps that are none of ours.
    if (!(await lacks())) return;
    throw new TelltaleError(
      'INVALID_DATABASE',
      `${quote(path)} could not be brought up to date: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

/** All steps or none: Kysely runs SQLite's steps outside a transaction, so a crash would leave half a schema. */
async function migrateAtOnce(db: Kysely<Tables>, sqlite: Database.Database): Promise<void> {
  await whenFree(sqlite, () => sqlite.exec('BEGIN IMMEDIATE'));
  try {
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } }).migrateToLatest();
    if (error !== undefined) throw error;
    sqlite.exec('COMMIT');
  } catch (error) {
    if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Does what needs a lock once nobody else has it. Waits without blocking, since whoever has it may be another opener in
 * this very process; and tries again itself, since SQLite gives up at once where two that wait would wait for each other.
 */
export async function whenFree(sqlite: Database.Database, act: () => void): Promise<void> {
  sqlite.pragma('busy_timeout = 0');
  for (let waitedMs = 0; ; waitedMs += LOCK_POLL_MS) {
    try {
      act();
      break;
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyTimeoutMs) throw error;
      await wait(LOCK_POLL_MS);
    }
  }
  sqlite.pragma(`busy_timeout = ${busyTimeoutMs}`);
}

/** Says of a file that others have had locked for as long as one waits for it. */
export function lockedFor(path: string, cause: unknown): TelltaleError {
  return new TelltaleError(
    'STORE_BUSY',
    `Another program has had ${quote(path)} locked for ${busyTimeoutMs / 1_000} s. End it, or start again when it has ended.`,
    { cause },
  );
}

/** Whether another connection has the lock that was needed. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Says of a database that it lacks steps, which may not be made now. */
export function olderThanUs(name: string): TelltaleError {
  return new TelltaleError('INVALID_DATABASE', `${quote(name)} has an older schema. Run: telltale migrate.`);
}

/** The steps that a database has. */
export async function appliedNames(db: Kysely<Tables>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const rows = await db
    .withTables<{ kysely_migration: { readonly name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map((row) => row.name);
}
