// SQLite as the store uses it: in this thread, one connection, statements that return at once.
import type Database from 'better-sqlite3';
import type { Kysely } from 'kysely';
import { SQLITE, type Sql, type Statement } from './sql.ts';
import type { Tables } from './tables.ts';

export function sqliteSql(sqlite: Database.Database, db: Kysely<Tables>): Sql {
  // Another number after each write of another connection.
  const foreignWrites = sqlite.prepare<[], number>('PRAGMA data_version').pluck();
  // One at a time: Kysely's own transactions are on the same connection.
  const inTurn = <T>(run: () => T) => db.connection().execute(async () => run());
  return {
    dialect: SQLITE,
    db,
    prepare: <Args extends unknown[], Row>(query: string) => withMany<Args, Row>(sqlite.prepare(query)),
    first: <Args extends unknown[], Value>(query: string) => withMany<Args, Value>(sqlite.prepare(query).pluck()),
    write: (work) => inTurn(() => sqlite.transaction(work).immediate()),
    writeBeside: (prepare, finish) => inTurn(() => sqlite.transaction(() => finish(prepare(), false)).immediate()),
    isAlone: () => true,
    mustBeInTurn: () => undefined,
    read: (work) => inTurn(() => sqlite.transaction(work).deferred()),
    epoch: () => foreignWrites.get() ?? 0,
    endEpoch: () => undefined,
    // One table has them all.
    makeRoom: () => undefined,
    dropMonths: () => undefined,
    erasing(work) {
      // Whole pages that become free are written over, too.
      sqlite.pragma('secure_delete = ON');
      try {
        return work();
      } finally {
        sqlite.pragma('secure_delete = FAST');
      }
    },
    // Who has the file open looks for changes.
    announce: async () => undefined,
    onAnnouncement: () => () => undefined,
    scrub: () =>
      inTurn(() => {
        const [result] = sqlite.pragma('wal_checkpoint(TRUNCATE)') as readonly { readonly busy: number }[];
        return result?.busy === 0 ? 'clean' : 'read-from';
      }),
  };
}

/** The statement itself, which runs as fast as it did, with the forms for many: here they are no faster. */
function withMany<Args extends unknown[], Row>(statement: Database.Statement): Statement<Args, Row> {
  const one = statement as unknown as Statement<Args, Row>;
  return Object.assign(one, {
    queue: (...args: Args) => void one.run(...args),
    gets: (many: readonly Args[]) => many.map((args) => one.get(...args)),
    alls: (many: readonly Args[]) => many.map((args) => one.all(...args)),
    runs: (many: readonly Args[]) => many.map((args) => one.run(...args).changes),
  });
}
