// The statements of retention, prepared once like all hot ones.
import { type Compilable, sql } from 'kysely';
import { codeOf, NETWORKS } from './codes.ts';
import type { Sql, Statement } from './sql.ts';
import { NO_TEXT } from './tables.ts';

type Span = [message: number, from: Buffer, before: Buffer];

/** A message with events that are due, and the id from which on they are. */
export interface DueMessage {
  readonly message: number;
  readonly from: Buffer;
}

export interface RetentionStatements {
  readonly clock: Statement<
    [],
    { readonly newestMs: number | null; readonly believedMs: number | null; readonly doubtedMs: number | null }
  >;
  readonly setClock: Statement<[newestMs: number | null, believedMs: number | null, doubtedMs: number | null]>;
  /** Notes when a hit came, if it is the newest. */
  readonly noteHit: Statement<[atMs: number, atMs: number]>;
  /** Notes that a message has an event of a time, with raw signals. */
  readonly noteEvent: Statement<[message: number, signalsFrom: Buffer, eventsFrom: Buffer]>;
  readonly dueSignals: Statement<[before: Buffer], DueMessage>;
  readonly dueEvents: Statement<[before: Buffer], DueMessage>;
  /** The event so many after the first of a span; nothing when the span has fewer. */
  readonly eventAfter: Statement<[...Span, count: number], Buffer>;
  /** The first event from an id on. */
  readonly nextEvent: Statement<[message: number, from: Buffer], Buffer>;
  readonly countEvents: Statement<Span, number>;
  readonly stripEvents: Statement<Span>;
  /** The same, but for the agents. */
  readonly stripButAgents: Statement<Span>;
  /** The agents of events with raw signals. */
  readonly agentsIn: Statement<Span, { readonly key: number; readonly text: string }>;
  readonly setAgent: Statement<[agent: number, ...Span, was: number]>;
  readonly deleteEvents: Statement<Span>;
  readonly moveSignals: Statement<[from: Buffer | null, message: number]>;
  /** Raw signals begin where events do, at the earliest. */
  readonly moveEvents: Statement<[from: Buffer, from: Buffer, message: number]>;
  /** No message has events before an id any more. */
  readonly moveAll: Statement<[from: Buffer, from: Buffer, from: Buffer]>;
  readonly dropMessage: Statement<[message: number]>;
  readonly deleteTexts: Statement<[day: number, limit: number]>;
}

/** Stands for a value in a query that is written once. */
const BLOB = Buffer.alloc(0);

export function prepareRetention(database: Sql): RetentionStatements {
  const {
    db,
    dialect: { greatest, least },
  } = database;
  const prepare = (query: Compilable): Statement<never[]> => database.prepare(query.compile().sql);
  const first = (query: Compilable): Statement<never[]> => database.first(query.compile().sql);
  const due = (column: 'signals_from' | 'events_from') =>
    db
      .selectFrom('kept_events')
      .select(['message_key as message', `${column} as from`])
      .where(column, '<', BLOB)
      .orderBy(column)
      .limit(sql.lit(1));
  const from = db.selectFrom('events').where('message_key', '=', 0).where('hit_id', '>=', BLOB);
  const bare = {
    method_key: sql.lit(NO_TEXT),
    network: sql.lit(codeOf(NETWORKS, 'unknown')),
    host_key: sql.lit(NO_TEXT),
    peer: sql.lit(null),
  };
  const statements = {
    clock: prepare(
      db.selectFrom('clock').select(['newest_ms as newestMs', 'believed_ms as believedMs', 'doubted_ms as doubtedMs']),
    ),
    setClock: prepare(db.updateTable('clock').set({ newest_ms: 0, believed_ms: 0, doubted_ms: 0 })),
    noteHit: prepare(
      db
        .updateTable('clock')
        .set({ newest_ms: 0 })
        .where((eb) => eb.or([eb('newest_ms', 'is', null), eb('newest_ms', '<', 0)])),
    ),
    noteEvent: prepare(
      db
        .insertInto('kept_events')
        .values({ message_key: 0, signals_from: BLOB, events_from: BLOB })
        .onConflict((conflict) =>
          conflict
            .column('message_key')
            .doUpdateSet({
              signals_from: sql<Buffer>`${least}(coalesce(kept_events.signals_from, excluded.signals_from), excluded.signals_from)`,
              events_from: sql<Buffer>`${least}(kept_events.events_from, excluded.events_from)`,
            })
            .where((eb) =>
              eb.or([
                eb('kept_events.signals_from', 'is', null),
                eb('excluded.signals_from', '<', eb.ref('kept_events.signals_from')),
              ]),
            ),
        ),
    ),
    dueSignals: prepare(due('signals_from')),
    dueEvents: prepare(due('events_from')),
    eventAfter: first(from.where('hit_id', '<', BLOB).select('hit_id').orderBy('hit_id').limit(sql.lit(1)).offset(0)),
    nextEvent: first(from.select('hit_id').orderBy('hit_id').limit(sql.lit(1))),
    countEvents: first(from.where('hit_id', '<', BLOB).select((eb) => eb.fn.countAll().as('events'))),
    stripEvents: prepare(
      db
        .updateTable('events')
        .set({ agent_key: sql.lit(NO_TEXT), ...bare })
        .where('message_key', '=', 0)
        .where('hit_id', '>=', BLOB)
        .where('hit_id', '<', BLOB)
        .where('method_key', '!=', sql.lit(NO_TEXT)),
    ),
    stripButAgents: prepare(
      db
        .updateTable('events')
        .set(bare)
        .where('message_key', '=', 0)
        .where('hit_id', '>=', BLOB)
        .where('hit_id', '<', BLOB)
        .where('method_key', '!=', sql.lit(NO_TEXT)),
    ),
    agentsIn: prepare(
      db
        .selectFrom('events')
        .innerJoin('texts', 'texts.key', 'events.agent_key')
        .select(['texts.key', 'texts.text'])
        .distinct()
        .where('message_key', '=', 0)
        .where('hit_id', '>=', BLOB)
        .where('hit_id', '<', BLOB)
        .where('method_key', '!=', sql.lit(NO_TEXT)),
    ),
    setAgent: prepare(
      db
        .updateTable('events')
        .set({ agent_key: 0 })
        .where('message_key', '=', 0)
        .where('hit_id', '>=', BLOB)
        .where('hit_id', '<', BLOB)
        .where('agent_key', '=', 0)
        .where('method_key', '!=', sql.lit(NO_TEXT)),
    ),
    deleteEvents: prepare(
      db.deleteFrom('events').where('message_key', '=', 0).where('hit_id', '>=', BLOB).where('hit_id', '<', BLOB),
    ),
    moveSignals: prepare(db.updateTable('kept_events').set({ signals_from: BLOB }).where('message_key', '=', 0)),
    moveEvents: prepare(
      db
        .updateTable('kept_events')
        .set({
          events_from: BLOB,
          signals_from: sql<Buffer>`CASE WHEN signals_from IS NOT NULL THEN ${greatest}(signals_from, ${BLOB}) END`,
        })
        .where('message_key', '=', 0),
    ),
    moveAll: prepare(
      db
        .updateTable('kept_events')
        .set({
          events_from: BLOB,
          signals_from: sql<Buffer>`CASE WHEN signals_from IS NOT NULL THEN ${greatest}(signals_from, ${BLOB}) END`,
        })
        .where('events_from', '<', BLOB),
    ),
    dropMessage: prepare(db.deleteFrom('kept_events').where('message_key', '=', 0)),
    deleteTexts: prepare(
      db
        .deleteFrom('texts')
        .where(
          'key',
          'in',
          db.selectFrom('texts').select('key').where('last_day', '<', 0).orderBy('last_day').limit(0),
        ),
    ),
  };
  // What Kysely wrote returns what the interface says; its types do not outlive compiling.
  return statements as unknown as RetentionStatements;
}
