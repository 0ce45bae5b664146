// What a store's database was in no state for, as an error of ours that says what to do. The database's own codes tell,
// also of an error that came from another thread.
import { type ErrorCode, messageOf, TelltaleError } from '../base/errors.ts';

/** An error of a store, told for whoever has to do something about it; every other error as it is. */
export function explainStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TelltaleError) return error;
  const code = 'code' in error ? String(error.code) : LOST.test(error.message) ? CONNECTION_FAILURE : undefined;
  const problem = code === undefined ? undefined : PROBLEMS.find(({ codes }) => codes.test(code));
  if (problem === undefined) return error;
  return new TelltaleError(problem.code, `${problem.sentence} (${messageOf(error)}).`, { cause: error });
}

/** What pg says of a connection that was lost or never made, without a code. */
const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered)/;
const CONNECTION_FAILURE = '08006';

interface StoreProblem {
  /** SQLite's, the system's, and PostgreSQL's (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
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
    codes: /^SQLITE_CONSTRAINT_TRIGGER/,
    code: 'STORE_UNAVAILABLE',
    sentence:
      'The database is written to no more. Start this again with the URL of the one it was moved to; until then hits wait',
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
  {
    codes: /^(?:55P03|40P01|40001|57014)$/,
    code: 'STORE_BUSY',
    sentence: 'Another program holds what is needed in PostgreSQL, or it was too slow. Try again',
  },
  {
    codes: /^28...$/,
    code: 'INVALID_DATABASE',
    sentence: 'PostgreSQL does not let this user in. Check user and password in the URL, and pg_hba.conf',
  },
  {
    codes: /^3D000$/,
    code: 'INVALID_DATABASE',
    sentence: 'PostgreSQL has no such database. Make it first, with createdb, or name another',
  },
  {
    codes: /^42501$/,
    code: 'INVALID_DATABASE',
    sentence:
      'The user may not do this in PostgreSQL. Let it own the database, or grant it CREATE and all on its schema',
  },
  {
    codes: /^25006$/,
    code: 'STORE_UNAVAILABLE',
    sentence: 'PostgreSQL only reads now: a replica, or a server that was set so. Name the server that takes writes',
  },
  {
    codes: /^53...$/,
    code: 'STORE_UNAVAILABLE',
    sentence: 'PostgreSQL has no room, memory or connection left. Free some, or raise max_connections, then try again',
  },
  {
    codes: /^(?:08...|57P0.|E(?:CONNREFUSED|CONNRESET|HOSTUNREACH|TIMEDOUT|PIPE|NOTFOUND|AI_AGAIN))$/,
    code: 'STORE_UNAVAILABLE',
    sentence:
      'PostgreSQL does not answer. See whether it runs and is reached at the host and port of the URL, then try again',
  },
];
