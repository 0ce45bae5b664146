// PostgreSQL in tests: a database of its own for each store, copied from one that has the schema.
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { openStore } from '../../src/store/open-store.ts';
import { POSTGRES_MIGRATIONS } from '../../src/store/postgres-schema.ts';
import { postgresSql } from '../../src/store/postgres-sql.ts';

/** The server that tests use: one that answers, and whose user may make databases. */
export const POSTGRES_URL: string = process.env.TELLTALE_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Runs statements on the server, outside of any database of a test. */
export async function onServer(...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: POSTGRES_URL });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Whether the server answers, so that a test that needs it can be skipped by name. */
export async function answersPostgres(): Promise<boolean> {
  return await onServer('SELECT 1').then(
    () => true,
    () => false,
  );
}

/** The URL of a database on the server. */
export function urlOf(name: string): string {
  return Object.assign(new URL(POSTGRES_URL), { pathname: `/${name}` }).href;
}

let made = 0;
let template: Promise<string> | undefined;

/** Makes a database, with the schema or empty; `drop` removes it. */
export async function makeDatabase(isEmpty = false): Promise<{ readonly url: string; drop(): Promise<void> }> {
  template ??= makeTemplate();
  made += 1;
  const name = `telltale_test_${process.pid}_${made}`;
  await onServer(`CREATE DATABASE ${name}${isEmpty ? '' : ` TEMPLATE ${await template}`}`);
  return { url: urlOf(name), drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** Made once for a state of the schema, and left there; who comes later finds it. */
async function makeTemplate(): Promise<string> {
  const steps = Object.values(POSTGRES_MIGRATIONS).map(({ up }) => up.toString());
  const name = `telltale_template_${process.pid}_${createHash('sha256').update(steps.join()).digest('hex').slice(0, 8)}`;
  await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `CREATE DATABASE ${name}`);
  await (await openStore(urlOf(name))).close();
  return name;
}

/** What another connection reads, at once. */
export function readAtOnce<Row>(url: string, query: string): readonly Row[] {
  const database = postgresSql({ connectionString: url }, undefined as never);
  try {
    return database.prepare<[], Row>(query).all();
  } finally {
    void database.close();
  }
}
