// What a thread that waits and the thread with its connection to PostgreSQL tell each other.
import type { MessagePort } from 'node:worker_threads';

export interface PostgresThreadData {
  readonly port: MessagePort;
  /** Rung, from 0 to 1, when a reply is there. */
  readonly bell: Int32Array;
  /** What `pg` connects with. */
  readonly config: unknown;
}

/** Statements in order, each for one or more rows of arguments. */
export interface PostgresLetter {
  readonly steps: readonly {
    readonly name: string;
    readonly text: string;
    readonly rows: readonly (readonly unknown[])[];
  }[];
  /** The number of the connection on which the transaction began; null when none has begun. */
  readonly connection: number | null;
}

export interface StepResult {
  readonly changes: number;
  readonly names: readonly string[];
  /** Columns whose texts are byte strings. */
  readonly bytes: readonly number[];
  readonly rows: readonly (readonly unknown[])[];
}

/** A result for each row of arguments, in order. */
export type PostgresReply =
  | { readonly results: readonly StepResult[]; readonly connection: number }
  | { readonly failure: { readonly message: string; readonly code: string } };
