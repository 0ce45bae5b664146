// Many rows in one statement against a row at a time: the same rows, in the same order, and the same results.
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PostgresSql, postgresSql } from '../../src/store/postgres-sql.ts';
import { hasPostgres, makeDatabase, readAtOnce } from '../support/postgres.ts';

/** What arrays of PostgreSQL write in a way of their own. */
const TEXTS = [
  '',
  ' ',
  'NULL',
  'null',
  '{}',
  'a,b',
  '"',
  '\\',
  '\\"',
  `'`,
  '\n\t',
  '\\x00',
  'ü',
  '😀',
  '$1',
  'given.a1',
];

const ADD = 'insert into "kept" ("of", "text", "bytes") values (?, ?, ?)';
const COUNT = `${ADD} on conflict ("of", "text") do update set "times" = kept.times + 1 returning "times", "bytes"`;

async function openPair() {
  const { url, drop } = await makeDatabase();
  readAtOnce(
    url,
    `CREATE TABLE kept ("of" bigint, "text" text, "bytes" bytea, "times" bigint NOT NULL DEFAULT 1, PRIMARY KEY ("of", "text"));
    CREATE TABLE apart (LIKE kept INCLUDING ALL)`,
  );
  const database = postgresSql({ connectionString: url }, undefined as never, () => {
    throw new Error('nobody listens');
  });
  onTestFinished(async () => {
    await database.close();
    await drop();
  });
  return { url, database };
}

/** What a statement gives for many rows at once, and for each of them in turn on a table of its own. */
function bothWays<Args extends unknown[]>(database: PostgresSql, query: string, many: readonly Args[]) {
  const together = database.prepare<Args>(query);
  const apart = database.prepare<Args>(query.replaceAll('kept', 'apart'));
  return { together, apart, many };
}

describe.skipIf(!hasPostgres)('many rows of arguments', () => {
  const rows = TEXTS.flatMap((text, at) => [0, 1].map((of) => [of, text, at % 3 === 0 ? null : Buffer.from(text)]));

  it('are inserted as they are, and one that is there is told from one that is new', async () => {
    const { url, database } = await openPair();
    const twice = [...rows, ...rows.slice(0, 9)];
    for (const given of [twice, rows]) {
      const { together, apart } = bothWays(database, `${ADD} on conflict do nothing`, twice);
      const changed = await database.write(() => together.runs(given));
      expect(changed).toEqual(await database.write(() => given.map((row) => apart.run(...row).changes)));
    }
    expect(readAtOnce(url, 'SELECT * FROM kept ORDER BY 1, 2')).toEqual(
      readAtOnce(url, 'SELECT * FROM apart ORDER BY 1, 2'),
    );
  });

  it('change what is there one after another, where the same comes again', async () => {
    const { database } = await openPair();
    const { together, apart, many } = bothWays(database, COUNT, [...rows, ...rows, ...rows.slice(3)]);
    const given = await database.write(() => together.gets(many));
    expect(given).toEqual(await database.write(() => many.map((row) => apart.get(...row))));
    expect(given.at(-1)).toMatchObject({ times: 3 });
  });

  it('are asked for in their order, with as many rows each as there are, in the order of each', async () => {
    const { database } = await openPair();
    const query = 'select "text", "bytes" from "kept" where "of" = ? and "text" >= ? order by "text" desc limit ?';
    await database.write(() => {
      database.prepare<unknown[]>(`${ADD} on conflict do nothing`).runs(rows);
    });
    const asked = TEXTS.map((text, at): [number, string, number] => [at % 3, text, at % 5]);
    const { together, many } = bothWays(database, query, asked);
    const [all, firsts] = await database.read(() => [together.alls(many), together.gets(many)]);
    expect(all).toEqual(await database.read(() => many.map((row) => together.all(...row))));
    expect(firsts).toEqual(await database.read(() => many.map((row) => together.get(...row))));
    expect(all.map(({ length }) => length)).toContain(3);
  });

  it('are told apart by keys of several texts', async () => {
    const { url, database } = await openPair();
    readAtOnce(url, 'CREATE TABLE pairs (a text, b text, PRIMARY KEY (a, b))');
    const add = database.prepare<[string, string]>(
      'insert into "pairs" ("a", "b") values (?, ?) on conflict do nothing',
    );
    const alike = TEXTS.flatMap((text): [string, string][] => [
      [`${text} x`, 'y'],
      [text, 'x y'],
    ]);
    expect(await database.write(() => add.runs(alike.filter((_, at) => at % 2 === 0)))).not.toContain(0);
    expect(await database.write(() => add.runs(alike))).toEqual(alike.map((_, at) => at % 2));
  });

  it('go out before what comes behind them', async () => {
    const { database } = await openPair();
    const add = database.prepare<unknown[]>(ADD);
    const count = database.first<[], number>('select count(*) from "kept"');
    const [before, after] = await database.write(() => {
      for (const row of rows) add.queue(...row);
      const counted = count.get();
      add.queue(2, 'last', null);
      return [counted, count.get()];
    });
    expect([before, after]).toEqual([rows.length, rows.length + 1]);
  });

  it('are refused whole when one is', async () => {
    const { url, database } = await openPair();
    const add = database.prepare<unknown[]>(ADD);
    await expect(database.write(() => add.runs([...rows, ...rows]))).rejects.toMatchObject({ code: '23505' });
    expect(readAtOnce(url, 'SELECT count(*)::int AS kept FROM kept')).toEqual([{ kept: 0 }]);
  });
});
