// Rows that are looked up by their number at most once a batch: one at a time, or many in one exchange with the database.
import type { Statement } from './sql.ts';

export class LookUps<Row, Value> {
  readonly #values = new Map<number, Value>();
  readonly #statement: Statement<[key: number], Row>;
  readonly #read: (row: Row | undefined, key: number) => Value;

  /** `read` makes of a row, or of its absence, what is known. */
  constructor(statement: Statement<[key: number], Row>, read: (row: Row | undefined, key: number) => Value) {
    this.#statement = statement;
    this.#read = read;
  }

  /** What is known of a number. */
  of(key: number): Value {
    if (!this.#values.has(key)) this.readAhead([key]);
    return this.#values.get(key) as Value;
  }

  /** Looks up all of these in one exchange, so that each is known when it is asked for. */
  readAhead(keys: Iterable<number>): void {
    const unknown = [...new Set(keys)].filter((key) => !this.#values.has(key));
    const rows = this.#statement.gets(unknown.map((key) => [key]));
    for (const [at, key] of unknown.entries()) this.#values.set(key, this.#read(rows[at], key));
  }
}
