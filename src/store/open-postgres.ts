// Opens a store in a database of PostgreSQL: reads go through a pool, transactions through one connection of their own.
import { Kysely, Migrator, PostgresDialect, sql } from 'kysely';
import type { Pool, PoolConfig } from 'pg';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { postgresConnectMs, postgresPoolMax, postgresStatementMs } from '../base/limits.ts';
import { appliedNames, olderThanUs } from './bring-up-to-date.ts';
import { lacksSteps } from './judge-steps.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { postgresSql } from './postgres-sql.ts';
import { postgresTypes } from './postgres-types.ts';
import { explainStoreError } from './store-error.ts';
import type { Tables } from './tables.ts';

/** @throws TelltaleError `INVALID_DATABASE`, `NEWER_DATABASE`, `STORE_BUSY`, `STORE_UNAVAILABLE`. */
export async function openPostgres(
  url: string,
  migrate: boolean,
  { isMoving = false }: { readonly isMoving?: boolean } = {},
): Promise<OpenedDatabase> {
  const { config, poolMax, shown } = readUrl(url);
  const pg = await loadPg();
  const pool = openPool(pg, { ...config, max: poolMax });
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await lookAt(db, shown, isMoving);
    await bringUpToDate(db, shown, migrate);
    const { secret } = await db
      .selectFrom('secrets')
      .select('secret')
      .where('name', '=', 'recipients')
      .executeTakeFirstOrThrow();
    const database = postgresSql(config, db, () => new pg.Client(config));
    const close = async () => {
      await database.close();
      await db.destroy();
    };
    return { url: shown, database, secret, close };
  } catch (error) {
    await db.destroy();
    throw unusable(shown, error);
  }
}

interface ReadUrl {
  readonly config: PoolConfig;
  readonly poolMax: number;
  /** Without its password. */
  readonly shown: string;
}

function readUrl(url: string): ReadUrl {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TelltaleError(
      'INVALID_DATABASE',
      'The URL of a PostgreSQL database is like postgres://user:password@host:5432/database; characters of a password that are none of a URL are written as %41. What came cannot be read.',
    );
  }
  const asked = parsed.searchParams.get('pool_max');
  const poolMax = asked === null ? postgresPoolMax : Number(asked);
  if (!Number.isInteger(poolMax) || poolMax < 1 || poolMax > 100) {
    throw new TelltaleError('INVALID_DATABASE', `pool_max is a number from 1 to 100, but ${quote(asked ?? '')} came.`);
  }
  parsed.searchParams.delete('pool_max');
  const config: PoolConfig = {
    application_name: 'telltale',
    connectionTimeoutMillis: postgresConnectMs,
    statement_timeout: postgresStatementMs,
    keepAlive: true,
    connectionString: parsed.href,
  };
  const shown = new URL(parsed.href);
  shown.password = '';
  shown.search = '';
  return { config, poolMax, shown: shown.href };
}

type Pg = Pick<typeof import('pg'), 'Pool' | 'Client' | 'types'>;

/** It is there for who uses it: an optional peer. */
async function loadPg(): Promise<Pg> {
  try {
    return (await import('pg')).default;
  } catch (error) {
    throw new TelltaleError('INVALID_DATABASE', 'A PostgreSQL database needs the package pg. Run: npm install pg', {
      cause: error,
    });
  }
}

function openPool(pg: Pg, config: PoolConfig): Pool {
  const pool = new pg.Pool({ ...config, allowExitOnIdle: true, types: postgresTypes(pg, false) });
  // Of a connection that nobody uses: the next query opens another, or says why it cannot.
  pool.on('error', () => undefined);
  // Of one that is in use its query tells; without a listener the error would end the thread.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  return pool;
}

/** Makes sure that it is there and can be written. */
async function lookAt(db: Kysely<Tables>, shown: string, isMoving: boolean): Promise<void> {
  const { rows } = await sql<{ readonly standby: boolean; readonly read_only: string; readonly moving: boolean }>`
    SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') AS read_only,
      to_regclass('moving') IS NOT NULL AS moving`.execute(db);
  const [{ standby = false, read_only: readOnly = 'off', moving = false } = {}] = rows;
  if (moving && !isMoving) {
    throw new TelltaleError(
      'INVALID_DATABASE',
      `${quote(shown)} has a part of a store that is being moved there. Wait until it has ended, or run telltale migrate --from … --to … again.`,
    );
  }
  if (!standby && readOnly === 'off') return;
  throw new TelltaleError(
    'INVALID_DATABASE',
    `${quote(shown)} only reads: ${standby ? 'it is a replica that follows another server' : 'default_transaction_read_only is on'}. Name the server that takes writes.`,
  );
}

async function bringUpToDate(db: Kysely<Tables>, shown: string, migrate: boolean): Promise<void> {
  const { POSTGRES_MIGRATIONS } = await import('./postgres-schema.ts');
  const known = Object.keys(POSTGRES_MIGRATIONS);
  const lacks = async () => lacksSteps({ name: shown, applied: await appliedNames(db), known });
  if (!(await lacks())) return;
  if (!migrate) throw olderThanUs(shown);
  // Under an advisory lock of Kysely's, all steps in one transaction: of many that start at once one migrates.
  const migrator = new Migrator({ db, provider: { getMigrations: async () => POSTGRES_MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  // A newer version may have come first, with steps that are none of ours.
  if (error === undefined || !(await lacks())) return;
  throw new TelltaleError(
    'INVALID_DATABASE',
    `${quote(shown)} could not be brought up to date: ${messageOf(error)}. A database of its own is best: createdb telltale.`,
    { cause: error },
  );
}

function unusable(shown: string, error: unknown): unknown {
  const explained = explainStoreError(error);
  if (!(explained instanceof TelltaleError) || explained === error) return explained;
  return new TelltaleError(explained.code, `${quote(shown)}: ${explained.message}`, { cause: error });
}
