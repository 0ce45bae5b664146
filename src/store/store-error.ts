// What a store's file was in no state for, as an error of ours that says what to do. SQLite's own codes tell, also of an
// error that came from another thread.
import { type ErrorCode, messageOf, TelltaleError } from '../base/errors.ts';

/** An error of a store, told for whoever has to do something about it; every other error as it is. */
export function explainStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TelltaleError || !('code' in error)) return error;
  const problem = PROBLEMS.find(({ codes }) => codes.test(String(error.code)));
  if (problem === undefined) return error;
  return new TelltaleError(problem.code, `${problem.sentence} (${messageOf(error)}).`, { cause: error });
}

interface StoreProblem {
  /** SQLite's. */
  readonly codes: RegExp;
  readonly code: ErrorCode;
  readonly sentence: string;
}

const PROBLEMS: readonly StoreProblem[] = [
  {
    codes: /^SQLITE_(BUSY|LOCKED)/,
    code: 'STORE_BUSY',
    sentence: 'Another program has had the database locked for 5 s. Try again when it has ended',
  },
  {
    codes: /^SQLITE_(CORRUPT|NOTADB)/,
    code: 'STORE_DAMAGED',
    sentence: 'The database is damaged. Put a backup in its place, or move it away so that a new one is made',
  },
  {
    codes: /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|PERM|AUTH|NOMEM)/,
    code: 'STORE_UNAVAILABLE',
    sentence: 'The database cannot be read or written now. Look after its disk and its mode, then try again',
  },
];
