// What the store needs of a database: statements that are prepared once and whose rows are there when they return. The two
// databases say some things differently; a dialect has the words of one.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Scrubbed } from '../retain/erase.ts';
import type { Tables } from './tables.ts';

/** A statement, prepared once. Arguments come in the order of its placeholders. */
export interface Statement<Args extends unknown[], Row = unknown> {
  get(...args: Args): Row | undefined;
  all(...args: Args): Row[];
  run(...args: Args): { readonly changes: number };
  /** Runs it before anything later does. Nobody is told what it changed; a failure is that of a later statement. */
  queue(...args: Args): void;
  /** The first row for each of many arguments, in one exchange with the database. */
  gets(many: readonly Args[]): readonly (Row | undefined)[];
  /** All rows for each of many arguments, in one exchange. */
  alls(many: readonly Args[]): readonly Row[][];
  /** How many rows each of many arguments changed, in one exchange. */
  runs(many: readonly Args[]): readonly number[];
}

/** The words that differ. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** The larger, and the smaller, of two values. */
  readonly greatest: RawBuilder<unknown>;
  readonly least: RawBuilder<unknown>;
  /** A query for the byte strings of a JSON array of their hexadecimal digits. */
  hexesIn(json: string): RawBuilder<Buffer>;
  /** A table of the texts in a JSON array: `value`. */
  textsIn(json: string): RawBuilder<{ readonly value: string }>;
  /** The bytes of hexadecimal digits. */
  unhex(text: RawBuilder<string>): RawBuilder<Buffer>;
  /** A table of the pairs in a JSON array of pairs of numbers: `at`, the place of a pair, `first` and `second`. */
  pairsIn(json: string): RawBuilder<unknown>;
}

/**
 * What a write means for those who have prepared to settle meanwhile: nothing, or that what hits are judged by may be
 * another (sends, deliveries, what is known of addresses), or that nothing they found need be there any more.
 */
export type Bearing = 'none' | 'judge-again' | 'begin-again';

/** What one is enough for. */
export type Errand = 'forgetting';

/** Thrown within `writeBeside`: what was prepared does not hold, so it is prepared again while nobody else writes. */
export class Overtaken extends Error {}

/** A connection that one store has, with what it runs on it. */
export interface Sql {
  readonly dialect: Dialect;
  /** Writes queries, and reads where nothing else of a transaction depends on it. */
  readonly db: Kysely<Tables>;
  /** `query` has `?`, or `$1` and on, for its arguments. */
  prepare<Args extends unknown[], Row = unknown>(query: string): Statement<Args, Row>;
  /** The same, for its first column alone. */
  first<Args extends unknown[], Value = unknown>(query: string): Statement<Args, Value>;
  /**
   * Runs `work` in a transaction beside which nobody else writes, when every other use of the connection has ended.
   * `bearing` is `begin-again` by default.
   */
  write<T>(work: () => T, bearing?: Bearing): Promise<T>;
  /**
   * The same in two parts: `prepare` may run beside other writers, so it must not depend on what others prepare or finish.
   * `finish` runs when nobody else writes; it is told when what hits are judged by has changed meanwhile. Both run anew,
   * and nothing of the first time is left, when more than that has.
   */
  writeBeside<Prepared, T>(
    prepare: () => Prepared,
    finish: (prepared: Prepared, mustJudgeAgain: boolean) => T,
  ): Promise<T>;
  /** Within `prepare`: whether nobody else is at this; who asks is, until its transaction ends. */
  isAlone(at: Errand): boolean;
  /** Within `prepare`: goes on only when nobody else writes, and begins anew so otherwise. */
  mustBeInTurn(): void;
  /** Runs `work`, which only reads, on the database as it is at one moment. */
  read<T>(work: () => T): Promise<T>;
  /** Within `write`: another number when what rows' numbers stand for may have been removed by others since. */
  epoch(): number;
  /** Within `write`: what numbers stand for goes, so everybody must look them up again. */
  endEpoch(): void;
  /** Within `write`: makes room for events of these times. */
  makeRoom(times: Iterable<number>): void;
  /** Within `write`: drops whole months of events before an id; gives how many events went, and the id behind them. */
  dropMonths(before: Buffer): { readonly rows: number; readonly through: Buffer } | undefined;
  /** Within `write`: what `work` removes is written over. */
  erasing<T>(work: () => T): T;
  /** Within a transaction of `db`: tells all who have the database open that the control state changes. */
  announce(tx: Kysely<Tables>): Promise<void>;
  /** Calls back when others may have changed the control state; returns what stops it. */
  onAnnouncement(listener: () => void): () => void;
  /** Takes what was removed out of logs, as far as that can be done now. */
  scrub(): Promise<Scrubbed>;
}

export const SQLITE: Dialect = {
  name: 'sqlite',
  greatest: sql.raw('max'),
  least: sql.raw('min'),
  hexesIn: (json) => sql`(SELECT unhex(value) FROM json_each(${json}))`,
  textsIn: (json) => sql`json_each(${json})`,
  unhex: (text) => sql`unhex(${text})`,
  pairsIn: (json) => sql`(SELECT key AS at, value ->> 0 AS first, value ->> 1 AS second FROM json_each(${json}))`,
};

export const POSTGRES: Dialect = {
  name: 'postgres',
  greatest: sql.raw('greatest'),
  least: sql.raw('least'),
  hexesIn: (json) => sql`(SELECT decode(value, 'hex') FROM json_array_elements_text(${json}::json) AS given(value))`,
  textsIn: (json) => sql`(SELECT value FROM json_array_elements_text(${json}::json) AS given(value))`,
  unhex: (text) => sql`decode(${text}, 'hex')`,
  pairsIn: (json) =>
    sql`(SELECT place - 1 AS at, (pair ->> 0)::bigint AS first, (pair ->> 1)::bigint AS second
      FROM json_array_elements(${json}::json) WITH ORDINALITY AS given(pair, place))`,
};
