// The statements of the send log, prepared once.
import type { Compilable } from 'kysely';
import type { Sql, Statement } from './sql.ts';

export interface SendLogStatements {
  readonly runOf: Statement<[message: number], StoredRun>;
  readonly takeMessage: Statement<[message: number, id: string, host: string, pid: number, untilMs: number]>;
  readonly giveBack: Statement<[message: number, id: string]>;
  /** What has begun is in another state from now on. */
  readonly settleBegun: Statement<[state: number, message: number, begun: number]>;
  readonly stateOf: Statement<[message: number, recipient: Buffer], number>;
  readonly keepState: Statement<
    [message: number, recipient: Buffer, state: number, atMs: number, reply: number | null]
  >;
  readonly countStates: Statement<[message: number], { readonly state: number; readonly count: number }>;
}

/** The run that has a message. */
export interface StoredRun {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly until_ms: number;
}

export function prepareSendLog(database: Sql): SendLogStatements {
  const { db } = database;
  const prepare = (query: Compilable): Statement<never[]> => database.prepare(query.compile().sql);
  const none = Buffer.alloc(0);
  const statements = {
    runOf: prepare(db.selectFrom('send_runs').select(['id', 'host', 'pid', 'until_ms']).where('message_key', '=', 0)),
    takeMessage: prepare(
      db
        .insertInto('send_runs')
        .values({ message_key: 0, id: '', host: '', pid: 0, until_ms: 0 })
        .onConflict((conflict) =>
          conflict.column('message_key').doUpdateSet((eb) => ({
            id: eb.ref('excluded.id'),
            host: eb.ref('excluded.host'),
            pid: eb.ref('excluded.pid'),
            until_ms: eb.ref('excluded.until_ms'),
          })),
        ),
    ),
    giveBack: prepare(db.deleteFrom('send_runs').where('message_key', '=', 0).where('id', '=', '')),
    settleBegun: prepare(
      db.updateTable('send_log').set({ state: 0 }).where('message_key', '=', 0).where('state', '=', 0),
    ),
    stateOf: database.first(
      db.selectFrom('send_log').select('state').where('message_key', '=', 0).where('recipient_key', '=', none).compile()
        .sql,
    ),
    keepState: prepare(
      db
        .insertInto('send_log')
        .values({ message_key: 0, recipient_key: none, state: 0, at_ms: 0, reply: 0 })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'recipient_key']).doUpdateSet((eb) => ({
            state: eb.ref('excluded.state'),
            at_ms: eb.ref('excluded.at_ms'),
            reply: eb.ref('excluded.reply'),
          })),
        ),
    ),
    countStates: prepare(
      db
        .selectFrom('send_log')
        .select((eb) => ['state', eb.fn.countAll<number>().as('count')])
        .where('message_key', '=', 0)
        .groupBy('state'),
    ),
  };
  return statements as unknown as SendLogStatements;
}
