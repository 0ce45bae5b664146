// PostgreSQL in tests: a database of its own for each store, copied from one that has the schema.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { Client } from 'pg';
import { openStore } from '../../src/store/open-store.ts';
import { POSTGRES_MIGRATIONS } from '../../src/store/postgres-schema.ts';
import { postgresSql } from '../../src/store/postgres-sql.ts';
import { builtFile } from './built.ts';

/** The server that tests use: one that answers, and whose user may make databases. */
const POSTGRES_URL: string = process.env.TELLTALE_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';

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

/** The URL of a database on the server. */
function urlOf(name: string): string {
  return Object.assign(new URL(POSTGRES_URL), { pathname: `/${name}` }).href;
}

/** Whether one answers. */
export const hasPostgres: boolean = await onServer().then(
  () => true,
  () => false,
);

/** Starts PostgreSQL itself as a program of WebAssembly, in a process of its own: slower, and there on every machine. */
export async function startPglite(): Promise<TestDatabase> {
  const child = fork(builtFile(new URL('./pglite-process.ts', import.meta.url)), { execArgv: [] });
  const [port] = await once(child, 'message');
  const ended = once(child, 'exit');
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    async drop() {
      child.disconnect();
      await ended;
    },
  };
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

let made = 0;
let template: Promise<string> | undefined;

/** Makes a database, with the schema or empty; `drop` removes it. */
export async function makeDatabase(isEmpty = false): Promise<TestDatabase> {
  template ??= makeTemplate();
  made += 1;
  const name = `telltale_test_${process.pid}_${made}`;
  await onServer(`CREATE DATABASE ${name}${isEmpty ? '' : ` TEMPLATE ${await template}`}`);
  return { url: urlOf(name), drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

/** Every statement that makes the schema, in order. */
export async function schemaStatements(): Promise<readonly string[]> {
  const statements: string[] = [];
  const nowhere = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void statements.push(query.sql),
  });
  for (const { up } of Object.values(POSTGRES_MIGRATIONS)) await up(nowhere);
  return statements;
}

/** Made once for a state of the schema, and left there; who comes at the same moment waits. */
async function makeTemplate(): Promise<string> {
  const state = createHash('sha256')
    .update([...(await schemaStatements()), WORDS_OF_SQLITE].join())
    .digest('hex')
    .slice(0, 8);
  const name = `telltale_template_${state}`;
  const server = new Client({ connectionString: POSTGRES_URL });
  await server.connect();
  try {
    await server.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await fillTemplate(server, name);
    return name;
  } finally {
    await server.end();
  }
}

/** Under another name until it is whole. */
async function fillTemplate(server: Client, name: string): Promise<void> {
  const making = `${name}_making`;
  await server.query(`DROP DATABASE IF EXISTS ${making} WITH (FORCE)`);
  await server.query(`CREATE DATABASE ${making}`);
  await (await openStore(urlOf(making))).close();
  const client = new Client({ connectionString: urlOf(making) });
  await client.connect();
  await client.query(WORDS_OF_SQLITE);
  await client.end();
  await server.query(`ALTER DATABASE ${making} RENAME TO ${name}`);
}

/** Functions of SQLite that tests look into stores with. */
const WORDS_OF_SQLITE = `
  CREATE FUNCTION hex(bytea) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT upper(encode($1, 'hex')) $$;
  CREATE FUNCTION unhex(text) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$ SELECT decode($1, 'hex') $$;
  CREATE FUNCTION ifnull(anyelement, anyelement) RETURNS anyelement IMMUTABLE LANGUAGE sql AS $$ SELECT coalesce($1, $2) $$;
`;

/** Runs statements on another connection, at once; the rows of the last. */
export function readAtOnce<Row>(url: string, statements: string): readonly Row[] {
  const database = postgresSql(
    { connectionString: url },
    undefined as never,
    () => new Client({ connectionString: url }),
  );
  try {
    const found = statements
      .split(/;\s*(?:\n|$)/)
      .filter((statement) => statement.trim() !== '')
      .map((statement) => database.prepare<[], Row>(statement).all());
    return found.at(-1) ?? [];
  } finally {
    void database.close();
  }
}
