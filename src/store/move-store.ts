// Moves a store from a file of SQLite to a database of PostgreSQL, table by table, in the order of their keys. From its
// first step on nobody writes to the file any more: a server that has it open goes on answering, and its hits wait in its
// journal until it is started with the new URL. Whoever interrupts it runs it again, and it goes on.
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { movedRowsAtOnce } from '../base/limits.ts';
import { timeOf } from './hit-ids.ts';
import { openPostgres } from './open-postgres.ts';
import { openSqlite } from './open-sqlite.ts';
import type { OpenedDatabase } from './opened-database.ts';
import { createMonth, monthOf } from './postgres-partitions.ts';
import { unpackId } from './recipient-keys.ts';
import type { Sql } from './sql.ts';

export interface MovedTable {
  readonly table: string;
  readonly rows: number;
  /** SHA-256 of all rows in the order of their keys: the same in both databases. */
  readonly checksum: string;
}

type Row = Readonly<Record<string, unknown>>;

/** A table with its key and its columns. */
interface Shape {
  readonly table: string;
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

/**
 * Moves all that is stored; `onTable` is told of each table that is there whole.
 *
 * @throws TelltaleError `INVALID_DATABASE` when the target is another store's, or is not what the source was afterwards.
 */
export async function moveStore(of: {
  /** The path of the file. */
  readonly from: string;
  readonly to: string;
  readonly onTable: (table: MovedTable) => void;
}): Promise<readonly MovedTable[]> {
  const source = await openSqlite(of.from, true, { isMoving: true });
  try {
    const target = await openPostgres(of.to, true, { isMoving: true });
    try {
      return await moveInto(source, target, of.onTable);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Lets the file be written again, when the move is given up. */
export async function giveUpMove(from: string): Promise<void> {
  const source = await openSqlite(from, true, { isMoving: true });
  try {
    await source.database.write(() => {
      for (const { table } of shapesOf(source.database)) {
        for (const change of CHANGES) source.database.prepare(`DROP TRIGGER IF EXISTS moved_${change}_${table}`).run();
      }
      source.database.prepare('DROP TABLE IF EXISTS moved').run();
    });
  } finally {
    await source.close();
  }
}

async function moveInto(
  source: OpenedDatabase,
  target: OpenedDatabase,
  onTable: (table: MovedTable) => void,
): Promise<readonly MovedTable[]> {
  const shapes = shapesOf(source.database);
  await claimTarget(source, target);
  await source.database.write(() => closeSource(source.database, shapes, target.url));
  const moved: MovedTable[] = [];
  for (const shape of shapes) {
    await copyTable(source.database, target.database, shape);
    moved.push(await compareTable(source.database, target.database, shape));
    onTable(moved.at(-1) as MovedTable);
  }
  await setSequences(target.database);
  await sql`DROP TABLE moving`.execute(target.database.db);
  return moved;
}

/** All tables but those of the databases themselves, and those with the meanings of codes, which every store has. */
function shapesOf(database: Sql): readonly Shape[] {
  const names = database.first<[], string>(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'kysely_%'
     AND name NOT IN ('moved', 'kinds', 'labels', 'levels', 'networks', 'delivery_states') ORDER BY name`,
  );
  const columnsOf = database.prepare<[string], { readonly name: string; readonly pk: number }>(
    'SELECT name, pk FROM pragma_table_info(?) ORDER BY pk, cid',
  );
  return names.all().map((table) => {
    const columns = columnsOf.all(table);
    const key = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
    return { table, key, columns: columns.map(({ name }) => name).sort() };
  });
}

/** Takes an empty store, or goes on where an earlier run ended. */
async function claimTarget({ database }: OpenedDatabase, { database: { db }, url }: OpenedDatabase): Promise<void> {
  const name = database.first<[], string>('SELECT id FROM control_log').get();
  await sql`CREATE TABLE IF NOT EXISTS moving (source text PRIMARY KEY, done text NOT NULL)`.execute(db);
  const { rows } = await sql<{ readonly source: string }>`SELECT source FROM moving`.execute(db);
  if (rows[0]?.source === name) return;
  const { rows: known } = await sql`SELECT 1 FROM messages UNION ALL SELECT 1 FROM control_changes LIMIT 1`.execute(db);
  if (rows.length > 0 || known.length > 0) {
    throw new TelltaleError(
      'INVALID_DATABASE',
      `${quote(url)} has a store of its own already. Name an empty database, or one into which this file was being moved.`,
    );
  }
  await sql`INSERT INTO moving (source, done) VALUES (${name}, '{}')`.execute(db);
}

/** Tables of which a new store has rows of its own, which go for those that come. */
const OWN_ROWS = new Set(['texts', 'secrets', 'clock', 'attribution', 'control_log']);

const CHANGES = ['INSERT', 'UPDATE', 'DELETE'] as const;

/** Within a transaction: nobody writes to the file from now on, also who has it open. */
function closeSource(database: Sql, shapes: readonly Shape[], url: string): void {
  database.prepare('CREATE TABLE IF NOT EXISTS moved (url TEXT NOT NULL)').run();
  database.prepare('DELETE FROM moved').run();
  database.prepare('INSERT INTO moved (url) VALUES (?)').run(url);
  for (const { table } of shapes) {
    for (const change of CHANGES) {
      database
        .prepare(
          `CREATE TRIGGER IF NOT EXISTS moved_${change}_${table} BEFORE ${change} ON ${table}
           BEGIN SELECT RAISE(ABORT, 'it has been moved to PostgreSQL'); END`,
        )
        .run();
    }
  }
}

/** Copies rows from where an earlier run ended; each batch and its place are one transaction. */
async function copyTable(source: Sql, target: Sql, shape: Shape): Promise<void> {
  const { table } = shape;
  let last = await placeOf(target, table);
  for (;;) {
    const rows = pageOf(source, shape, last);
    const end = rows.at(-1);
    if (end === undefined) return;
    const isFirst = last === undefined;
    await target.db.transaction().execute(async (tx) => {
      if (isFirst && OWN_ROWS.has(table)) await sql`DELETE FROM ${sql.table(table)}`.execute(tx);
      if (table === 'events') {
        for (const row of rows) {
          const month = monthOf(timeOf(row['hit_id'] as Buffer));
          if (month !== undefined) await sql.raw(createMonth(month)).execute(tx);
        }
      }
      await sql`INSERT INTO ${sql.table(table)} (${sql.join(shape.columns.map((name) => sql.ref(name)))})
        VALUES ${sql.join(rows.map((row) => sql`(${sql.join(shape.columns.map((name) => row[name]))})`))}`.execute(tx);
      const place = JSON.stringify(keyOf(shape, end).map(toJson));
      await sql`UPDATE moving SET done = jsonb_set(done::jsonb, ${`{${table}}`}::text[], ${place}::jsonb)::text`.execute(
        tx,
      );
    });
    if (shape.key.length === 0) return;
    last = keyOf(shape, end);
  }
}

async function placeOf({ db }: Sql, table: string): Promise<readonly unknown[] | undefined> {
  const { rows } = await sql<{ readonly done: string }>`SELECT done FROM moving`.execute(db);
  const place: readonly unknown[] | undefined = JSON.parse(rows[0]?.done ?? '{}')[table];
  return place?.map(fromJson);
}

/** The next rows of a table of SQLite; one without a key has a row. */
function pageOf(database: Sql, { table, key, columns }: Shape, after: readonly unknown[] | undefined): readonly Row[] {
  const isDone = key.length === 0 && after !== undefined;
  if (isDone) return [];
  const names = columns.map((name) => `"${name}"`).join(', ');
  const order = key.map((name) => `"${name}"`).join(', ');
  const behind = after === undefined ? '' : `WHERE (${order}) > (${key.map(() => '?').join(', ')})`;
  const query = `SELECT ${names} FROM ${table} ${behind} ${key.length === 0 ? '' : `ORDER BY ${order}`} LIMIT ${movedRowsAtOnce}`;
  const rows = database.prepare<unknown[], Row>(query).all(...(after ?? []));
  return table === 'recipients' ? rows.map((row) => ({ ...row, id: unpackId(row['id'] as string | Buffer) })) : rows;
}

function keyOf({ key }: Shape, row: Row): readonly unknown[] {
  return key.map((name) => row[name]);
}

async function compareTable(source: Sql, target: Sql, shape: Shape): Promise<MovedTable> {
  const before = await sum(async (after) => pageOf(source, shape, after), shape);
  const now = await sum((after) => postgresPage(target, shape, after), shape);
  if (before.rows === now.rows && before.checksum === now.checksum) return before;
  throw new TelltaleError(
    'INVALID_DATABASE',
    `${shape.table} has ${before.rows} rows in the file and ${now.rows} in PostgreSQL, or they differ. Empty the database, and run this again.`,
  );
}

async function sum(
  read: (after: readonly unknown[] | undefined) => Promise<readonly Row[]>,
  shape: Shape,
): Promise<MovedTable> {
  const hash = createHash('sha256');
  let rows = 0;
  let after: readonly unknown[] | undefined;
  for (;;) {
    const page = await read(after);
    for (const row of page) hash.update(`${JSON.stringify(shape.columns.map((name) => toJson(row[name])))}\n`);
    rows += page.length;
    const last = page.at(-1);
    if (last === undefined || shape.key.length === 0) break;
    after = keyOf(shape, last);
  }
  return { table: shape.table, rows, checksum: hash.digest('hex') };
}

async function postgresPage(
  { db }: Sql,
  { table, key, columns }: Shape,
  after: readonly unknown[] | undefined,
): Promise<readonly Row[]> {
  const refs = sql.join(key.map((name) => sql.ref(name)));
  const behind = after === undefined ? sql`` : sql`WHERE (${refs}) > (${sql.join([...after])})`;
  const order = key.length === 0 ? sql`` : sql`ORDER BY ${refs}`;
  const { rows } = await sql<Row>`SELECT ${sql.join(columns.map((name) => sql.ref(name)))} FROM ${sql.table(table)}
    ${behind} ${order} LIMIT ${movedRowsAtOnce}`.execute(db);
  return rows;
}

/** A byte string crosses JSON as its digits. */
function toJson(value: unknown): unknown {
  return Buffer.isBuffer(value) ? { hex: value.toString('hex') } : value;
}

function fromJson(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'hex' in value ? Buffer.from(String(value.hex), 'hex') : value;
}

/** Numbers that come go on behind those that are there. */
async function setSequences({ db }: Sql): Promise<void> {
  for (const table of ['messages', 'texts', 'verdicts', 'consents', 'webhooks', 'outbox', 'conversions']) {
    await sql`SELECT setval(pg_get_serial_sequence(${table}, 'key'), greatest((SELECT max(key) FROM ${sql.table(table)}), 1))`.execute(
      db,
    );
  }
}
