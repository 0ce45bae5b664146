// Stores in tests: opened for one test, filled by judged hits, looked into from outside.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import type { Hit } from '../../src/base/nouns.ts';
import { judgeHits } from '../../src/settle/judge-hits.ts';
import type { SettleStore } from '../../src/settle/settler.ts';
import { isPostgres, openStore, type Store } from '../../src/store/open-store.ts';
import { makeDatabase, readAtOnce, type TestDatabase } from './postgres.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestStore {
  readonly directory: string;
  /** Of the file; on PostgreSQL the URL. */
  readonly path: string;
  readonly store: Store;
}

/** Whether the stores of tests are databases of PostgreSQL. */
const onPostgres: boolean = process.env.TELLTALE_TEST_ENGINE === 'postgres';

/** Opens a new store that is closed and removed when the test has ended. */
export async function openTestStore(): Promise<TestStore> {
  const directory = temporaryDirectory();
  if (onPostgres) {
    const { url, drop } = await makeDatabase();
    const store = await openStore(url);
    onTestFinished(async () => {
      await store.close();
      await drop();
    });
    return { directory, path: url, store };
  }
  const path = join(directory, 'telltale.db');
  const store = await openStore(`sqlite:${path}`);
  onTestFinished(() => store.close());
  return { directory, path, store };
}

export type Row = Readonly<Record<string, unknown>>;

/** What another connection reads from the store. */
export function rowsOf(path: string, sql: string): readonly Row[] {
  if (isPostgres(path)) return readAtOnce(path, sql);
  const db = new Database(path, { readonly: true });
  const rows = db.prepare<[], Row>(sql).all();
  db.close();
  return rows;
}

/** Every row of every table but those named. */
export function allRows(path: string, ...except: readonly string[]): Readonly<Record<string, readonly Row[]>> {
  const tables = rowsOf(path, isPostgres(path) ? POSTGRES_TABLES : SQLITE_TABLES)
    .map(({ name }) => String(name))
    .filter((name) => !except.includes(name));
  return Object.fromEntries(tables.map((name) => [name, rowsOf(path, `SELECT * FROM "${name}"`)]));
}

const SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
const POSTGRES_TABLES = `SELECT relname AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`;

/** Changes the store behind the back of whoever has it open. */
export function changeFile(path: string, sql: string): void {
  if (isPostgres(path)) return void readAtOnce(path, sql);
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

/** Settles hits as the next batch of a journal. */
export async function settleHits(store: SettleStore, hits: readonly Hit[], journal = 'journal'): Promise<void> {
  const after = await store.settledThrough(journal);
  await store.settle({ journal, after, through: after + Math.max(hits.length, 1), hits: judgeHits(hits) });
}

/** Makes a database of PostgreSQL that is removed when the test has ended. */
export async function makeTestDatabase(isEmpty = false): Promise<TestDatabase> {
  const database = await makeDatabase(isEmpty);
  onTestFinished(() => database.drop());
  return database;
}
