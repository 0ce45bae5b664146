// Opens the store. SQLite for now: one file in WAL mode, written by one process, read by any. The file says whose it
// is (application_id), and its migrations say by which version it was written.
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import type { ReportSource } from '../report/report-source.ts';
import type { SettleStore } from '../settle/settler.ts';
import { type ApiTokenStore, makeApiTokens } from './api-tokens.ts';
import { MIGRATIONS } from './migrations.ts';
import { makeReportSource } from './report-rows.ts';
import { makeSendStore, type SendRows } from './send-rows.ts';
import { makeSettleStore } from './settle-rows.ts';
import type { Tables } from './tables.ts';

/** "TTST": tells a store from any other SQLite file. */
const APPLICATION_ID = 0x54545354;

/** Milliseconds to wait for another process that writes. */
const BUSY_TIMEOUT_MS = 5_000;

export interface Store extends SendRows, SettleStore, ReportSource, ApiTokenStore {
  /** Where the data is, without secrets. */
  readonly url: string;
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /** Makes the file and brings its schema up to date; otherwise both must be there. @default true */
  readonly migrate?: boolean;
}

/**
 * Opens the store at `url`: `sqlite:` and a path, relative or absolute.
 *
 * @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`.
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const path = pathOf(url);
  const migrate = options.migrate ?? true;
  if (!migrate && !existsSync(path)) {
    throw new TelltaleError(
      'INVALID_DATABASE',
      `There is no database at ${quote(path)}. Start the server once (telltale serve), or run: telltale migrate.`,
    );
  }
  const sqlite = openFile(path);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
  try {
    await bringUpToDate(db, path, migrate);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    url: `sqlite:${path}`,
    ...makeSendStore(db),
    ...makeSettleStore(db),
    ...makeReportSource(db),
    ...makeApiTokens(db),
    close: () => db.destroy(),
  };
}

function pathOf(url: string): string {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(url)?.[1];
  if (path !== undefined) return path;
  throw new TelltaleError(
    'INVALID_DATABASE',
    `A database is named like sqlite:telltale.db, but ${quote(redact(url))} came.`,
  );
}

/** A URL without its password. */
function redact(url: string): string {
  return url.replace(/:\/\/[^@/]*@/, '://…@');
}

function openFile(path: string): Database.Database {
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    claim(sqlite);
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw new TelltaleError(
      'INVALID_DATABASE',
      `${quote(path)} should be a database of Telltale, but ${messageOf(error)}. Name another one with --database or TELLTALE_DATABASE.`,
      { cause: error },
    );
  }
}

/** Marks an empty file as ours; refuses one that is somebody else's before a byte of it changes. */
function claim(sqlite: Database.Database): void {
  const id = sqlite.pragma('application_id', { simple: true });
  const tables = sqlite.prepare('SELECT count(*) FROM sqlite_master').pluck().get();
  if (id !== APPLICATION_ID && tables !== 0) throw new Error('it belongs to another program');
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = NORMAL');
  sqlite.pragma('wal_autocheckpoint = 10000');
  if (id !== APPLICATION_ID) sqlite.pragma(`application_id = ${APPLICATION_ID}`);
}

async function bringUpToDate(db: Kysely<Tables>, path: string, migrate: boolean): Promise<void> {
  const provider = { getMigrations: async () => MIGRATIONS };
  const migrator = new Migrator({ db, provider });
  const applied = await appliedNames(db);
  const unknown = applied.filter((name) => !(name in MIGRATIONS));
  if (unknown.length > 0) {
    throw new TelltaleError(
      'NEWER_DATABASE',
      `${quote(path)} was written by a newer Telltale (it has ${unknown.join(', ')}). Use that version, or another database.`,
    );
  }
  if (applied.length === Object.keys(MIGRATIONS).length) return;
  if (!migrate) {
    throw new TelltaleError('INVALID_DATABASE', `${quote(path)} has an older schema. Run: telltale migrate.`);
  }
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw new TelltaleError('INVALID_DATABASE', `${quote(path)} could not be brought up to date: ${messageOf(error)}.`, {
    cause: error,
  });
}

async function appliedNames(db: Kysely<Tables>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const rows = await db
    .withTables<{ kysely_migration: { readonly name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute();
  return rows.map((row) => row.name);
}
