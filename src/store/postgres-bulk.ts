// One statement for many rows of arguments, which come as arrays that `unnest` makes a table of: a statement a row takes
// PostgreSQL several times as long. Made of statements as Kysely writes them, once the types of their arguments are known.
import { postgresBulkMin } from '../base/limits.ts';
import type { PostgresLetter, StepResult } from './postgres-letters.ts';

type Step = PostgresLetter['steps'][number];
type Row = readonly unknown[];

/** How rows of arguments go out together. */
interface Bulk {
  readonly steps: readonly Step[];
  /** Gives a result for each row of arguments, in their order. */
  read(results: readonly StepResult[]): readonly StepResult[];
}

type MakeBulk = (rows: readonly Row[]) => Bulk;

/** Makes what puts rows together; `send` asks the database what it must know of a statement, once. */
export function makeBulks(send: (steps: readonly Step[]) => readonly StepResult[]): (step: Step) => Bulk | undefined {
  const makers = new Map<string, MakeBulk | undefined>();
  return ({ name, text, rows }) => {
    if (rows.length < postgresBulkMin || name === '') return undefined;
    if (!makers.has(name)) makers.set(name, learn({ name, text }, send));
    return makers.get(name)?.(rows);
  };
}

const INSERT =
  /^(insert into "(\w+)" \(([^)]+)\)) values \(([^)]+)\)(?: (on conflict(?: \(([^)]+)\))? do .+?))?(?: returning (.+))?$/s;

function learn(
  { name, text }: Pick<Step, 'name' | 'text'>,
  send: (steps: readonly Step[]) => readonly StepResult[],
): MakeBulk | undefined {
  const insert = INSERT.exec(text);
  if (insert === null && !text.startsWith('select ')) return undefined;
  const table = insert?.[2] ?? 'events';
  const [, types, keys] = send(
    [
      `PREPARE ${name}types AS ${text}`,
      `SELECT type::text FROM pg_prepared_statements, unnest(parameter_types) WITH ORDINALITY AS given(type, place)
        WHERE name = '${name}types' ORDER BY place`,
      `SELECT attname::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
        WHERE indrelid = to_regclass('${table}') AND indisprimary`,
      `DEALLOCATE ${name}types`,
    ].map((one) => ({ name: '', text: one, rows: [[]] })),
  );
  const arrays = textsOf(types).map((type, at) => `$${at + 1}::${type}[]`);
  if (arrays.length === 0) return undefined;
  return insert === null ? selectMany(text, arrays) : insertMany(name, insert, { arrays, primary: textsOf(keys) });
}

function textsOf(result: StepResult | undefined): readonly string[] {
  return (result?.rows ?? []).map(([text]) => String(text));
}

/** Runs the query beside each row, as it was written. It is planned each time: how many rows there are decides much. */
function selectMany(query: string, arrays: readonly string[]): MakeBulk {
  const names = arrays.map((_, at) => `a${at + 1}`);
  const text = `SELECT given.place, found.* FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS given(${names.join(', ')}, place),
    LATERAL (${query.replace(/\$(\d+)/g, 'given.a$1')}) AS found`;
  return (rows) => ({
    steps: [{ name: '', text, rows: [columnsOf(rows, arrays.length)] }],
    read([result]) {
      if (result === undefined) return [];
      const found = rows.map((): Row[] => []);
      for (const [place, ...values] of result.rows) found[Number(place) - 1]?.push(values);
      const names = result.names.slice(1);
      const bytes = result.bytes.map((at) => at - 1);
      return found.map((of) => ({ changes: of.length, names, bytes, rows: of }));
    },
  });
}

/** Each row is known again by its key: what is there already gives nothing back. */
function insertMany(
  name: string,
  [, insert = '', , columns = '', values = '', conflict = '', target, returning]: RegExpExecArray,
  { arrays, primary }: { readonly arrays: readonly string[]; readonly primary: readonly string[] },
): MakeBulk | undefined {
  const inserted = namesIn(columns);
  if (values !== inserted.map((_, at) => `$${at + 1}`).join(', ')) return undefined;
  const keys = target === undefined ? primary : namesIn(target);
  const places = keys.map((key) => inserted.indexOf(key));
  if (places.length === 0 || places.includes(-1)) return undefined;
  const given = returning === undefined ? [] : [returning];
  const text = `${insert} SELECT * FROM unnest(${arrays.join(', ')}) ${conflict}
    RETURNING ${[...given, ...keys.map((key) => `"${key}"`)].join(', ')}`;
  const keyOf = (row: Row) => nameOf(places.map((place) => row[place]));
  return (rows) => {
    const rounds = distinctRounds(rows, keyOf);
    return {
      steps: rounds.map((round) => ({ name: `${name}many`, text, rows: [columnsOf(round, arrays.length)] })),
      read(results) {
        const found = new Map<Row, StepResult>();
        for (const [at, round] of rounds.entries()) readRound(round, results[at], { keyOf, keys: keys.length, found });
        return rows.map((row) => found.get(row) ?? NOTHING);
      },
    };
  };
}

const NOTHING: StepResult = { changes: 0, names: [], bytes: [], rows: [] };

function readRound(
  round: readonly Row[],
  result: StepResult | undefined,
  of: { readonly keyOf: (row: Row) => string; readonly keys: number; readonly found: Map<Row, StepResult> },
): void {
  if (result === undefined) return;
  const own = result.names.length - of.keys;
  const names = result.names.slice(0, own);
  const bytes = result.bytes.filter((at) => at < own);
  const byKey = new Map(result.rows.map((row) => [nameOf(row.slice(own)), row.slice(0, own)]));
  for (const row of round) {
    const values = byKey.get(of.keyOf(row));
    if (values !== undefined) of.found.set(row, { changes: 1, names, bytes, rows: [values] });
  }
}

/** One text for the values of a key; no text of PostgreSQL has a zero byte. */
function nameOf(key: Row): string {
  return key.map(String).join('\0');
}

/** A statement changes a row once, so what comes again of a key waits for the next. */
function distinctRounds(rows: readonly Row[], keyOf: (row: Row) => string): readonly (readonly Row[])[] {
  const rounds: Row[][] = [];
  const times = new Map<string, number>();
  for (const row of rows) {
    const key = keyOf(row);
    const time = times.get(key) ?? 0;
    times.set(key, time + 1);
    rounds[time] ??= [];
    rounds[time].push(row);
  }
  return rounds;
}

function namesIn(list: string): readonly string[] {
  return list.split(', ').map((name) => name.replaceAll('"', ''));
}

/** The arguments by column, each as PostgreSQL writes an array. */
function columnsOf(rows: readonly Row[], columns: number): readonly string[] {
  return Array.from({ length: columns }, (_, at) => `{${rows.map((row) => elementOf(row[at])).join(',')}}`);
}

function elementOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'number' ? String(value) : `"${String(value).replace(/["\\]/g, '\\$&')}"`;
}
