// The statements of deliveries, prepared once.
import { type Compilable, sql } from 'kysely';
import type { Sql, Statement } from './sql.ts';

export interface StoredDelivery {
  readonly state: number;
  readonly complainedAtMs: number | null;
}

export interface DeliveryStatements {
  /** Notes an event by its name; changes nothing when it was noted before. */
  readonly noteSeen: Statement<[id: Buffer, untilMs: number]>;
  readonly dropSeen: Statement<[beforeMs: number, limit: number]>;
  readonly deliveryOf: Statement<[message: number, recipient: Buffer], StoredDelivery>;
  readonly keepState: Statement<[message: number, recipient: Buffer, state: number, atMs: number, timed: number]>;
  readonly keepComplaint: Statement<[message: number, recipient: Buffer, atMs: number, atMs: number]>;
  /** Adds to what the message itself keeps of its deliveries. */
  readonly countDeliveries: Statement<
    [delivered: number, bounces: number, complaints: number, lastMs: number | null, lastMs: number | null, key: number]
  >;
  /** When a mail arrived, where somebody said so. */
  readonly deliveredAt: Statement<[message: number, recipient: Buffer], number>;
  /** Takes a recipient out of the estimate's sample. */
  readonly dropCohort: Statement<[message: number, recipient: Buffer]>;
}

export function prepareDeliveries(
  database: Sql,
  states: Readonly<Record<'unknown' | 'delivered', number>>,
): DeliveryStatements {
  const { db, dialect } = database;
  const prepare = (query: Compilable): Statement<never[]> => database.prepare(query.compile().sql);
  const first = (query: Compilable): Statement<never[]> => database.first(query.compile().sql);
  const none = Buffer.alloc(0);
  const row = { message_key: 0, recipient_key: none, state: 0, at_ms: 0, timed: 0 };
  const statements = {
    noteSeen: prepare(
      db
        .insertInto('seen_deliveries')
        .values({ id: none, until_ms: 0 })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    dropSeen: prepare(
      db
        .deleteFrom('seen_deliveries')
        .where(
          'id',
          'in',
          db.selectFrom('seen_deliveries').select('id').where('until_ms', '<', 0).orderBy('until_ms').limit(0),
        ),
    ),
    deliveryOf: prepare(
      db
        .selectFrom('deliveries')
        .select(['state', 'complained_at_ms as complainedAtMs'])
        .where('message_key', '=', 0)
        .where('recipient_key', '=', none),
    ),
    keepState: prepare(
      db
        .insertInto('deliveries')
        .values({ ...row, complained_at_ms: sql.lit(null) })
        .onConflict((conflict) =>
          conflict.columns(['message_key', 'recipient_key']).doUpdateSet((eb) => ({
            state: eb.ref('excluded.state'),
            at_ms: eb.ref('excluded.at_ms'),
            timed: eb.ref('excluded.timed'),
          })),
        ),
    ),
    keepComplaint: prepare(
      db
        .insertInto('deliveries')
        .values({ ...row, state: sql.lit(states.unknown), timed: sql.lit(0), complained_at_ms: 0 })
        .onConflict((conflict) =>
          conflict
            .columns(['message_key', 'recipient_key'])
            .doUpdateSet((eb) => ({ complained_at_ms: eb.ref('excluded.complained_at_ms') })),
        ),
    ),
    countDeliveries: prepare(
      db
        .updateTable('messages')
        .set((eb) => ({
          delivered: eb('delivered', '+', 0),
          bounces: eb('bounces', '+', 0),
          complaints: eb('complaints', '+', 0),
          // Both null, and it stays null.
          last_delivered_at_ms: sql<number>`${dialect.greatest}(coalesce(last_delivered_at_ms, ${0}), coalesce(${0}, last_delivered_at_ms))`,
        }))
        .where('key', '=', 0),
    ),
    deliveredAt: first(
      db
        .selectFrom('deliveries')
        .select('at_ms')
        .where('message_key', '=', 0)
        .where('recipient_key', '=', none)
        .where('state', '=', sql.lit(states.delivered))
        .where('timed', '=', sql.lit(1)),
    ),
    dropCohort: prepare(
      db
        .updateTable('sends')
        .set({ cohort: sql.lit(null) })
        .where('message_key', '=', 0)
        .where('recipient_key', '=', none),
    ),
  };
  return statements as unknown as DeliveryStatements;
}
