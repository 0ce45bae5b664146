// A database that is open and up to date, with what a store needs of it.
import type { Sql } from './sql.ts';

export interface OpenedDatabase {
  /** Where the data is, without secrets. */
  readonly url: string;
  readonly database: Sql;
  /** The key under which this store numbers recipients. */
  readonly secret: Buffer;
  close(): Promise<void>;
}
