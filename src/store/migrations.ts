// The schema, in steps. A released step is never changed; a new one is added below it.
import { randomBytes, randomUUID } from 'node:crypto';
import { type CreateTableBuilder, type Kysely, type Migration, sql } from 'kysely';
import { attributionDaysDefault } from '../base/limits.ts';
import { COUNT_LABELS, DELIVERY_STATES, KINDS, LEVELS, NETWORKS } from './codes.ts';
import { NO_TEXT, type Tables } from './tables.ts';

/**
 * All steps by name, in order. A step that versions since number N work with unchanged, whose statements name their columns
 * and know nothing of what it adds, is named `…_since_N` (judge-steps.ts); any other stops older versions.
 */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_start': { up: start },
  '0002_audiences': { up: addAudiences },
};

async function start(db: Kysely<unknown>): Promise<void> {
  const create = (name: string) => db.schema.createTable(name);
  await create('messages')
    .$call(dictionary('id'))
    .addColumn('name', 'text')
    .addColumn('created_at_ms', 'integer', notNull)
    .addColumn('sent', 'integer', zero)
    .addColumn('first_sent_at_ms', 'integer')
    .addColumn('last_sent_at_ms', 'integer')
    .addColumn('measurable_opens', 'integer', zero)
    .addColumn('measurable_clicks', 'integer', zero)
    .addColumn('unsubscribes', 'integer', zero)
    .addColumn('hidden', 'integer', zero)
    .addColumn('link_count', 'integer')
    .addColumn('cost', 'text')
    .addColumn('currency', 'text')
    .addColumn('delivered', 'integer', zero)
    .addColumn('bounces', 'integer', zero)
    .addColumn('complaints', 'integer', zero)
    .addColumn('last_delivered_at_ms', 'integer')
    .execute();
  await create('deleted_messages')
    .addColumn('key', 'integer', (column) => column.primaryKey())
    .execute();
  await create('recipients')
    .addColumn('key', 'blob', notNull)
    .addColumn('id', 'blob', notNull)
    .$call(keyedBy('key'))
    .execute();
  await create('secrets')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('secret', 'blob', notNull)
    .execute();
  await sql`INSERT INTO secrets VALUES ('recipients', ${randomBytes(32)})`.execute(db);
  await create('texts').$call(dictionary('text')).addColumn('last_day', 'integer').execute();
  await sql`CREATE INDEX texts_by_last_day ON texts (last_day) WHERE last_day IS NOT NULL`.execute(db);
  await sql`INSERT INTO texts (key, text) VALUES (${NO_TEXT}, '')`.execute(db);
  await create('verdicts')
    .addColumn('key', 'integer', (key) => key.primaryKey().autoIncrement())
    .addColumn('label', 'integer', notNull)
    .addColumn('confidence', 'double precision', notNull)
    .addColumn('reasons', 'text', notNull)
    .addColumn('rules_version', 'text', notNull)
    .addUniqueConstraint('verdict', ['label', 'confidence', 'reasons', 'rules_version'])
    .execute();
  await create('own_rules')
    .addColumn('version', 'text', (column) => column.primaryKey())
    .addColumn('rules', 'text', notNull)
    .execute();
  await codes(db, 'kinds', KINDS);
  await codes(db, 'labels', COUNT_LABELS);
  await codes(db, 'levels', LEVELS);
  await codes(db, 'networks', NETWORKS);
  await create('sends')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('timed', 'integer', notNull)
    .addColumn('domain_key', 'integer')
    .addColumn('opens', 'integer', notNull)
    .addColumn('clicks', 'integer', notNull)
    .$call(keyedBy('message_key', 'recipient_key'))
    .execute();
  await create('send_log')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('state', 'integer', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('reply', 'integer')
    .$call(keyedBy('message_key', 'recipient_key'))
    .execute();
  // What was begun and has no end: few, and looked for whenever a message is sent.
  await sql`CREATE INDEX send_log_begun ON send_log (message_key) WHERE state = 1`.execute(db);
  await create('send_runs')
    .addColumn('message_key', 'integer', (column) => column.primaryKey())
    .addColumn('id', 'text', notNull)
    .addColumn('host', 'text', notNull)
    .addColumn('pid', 'integer', notNull)
    .addColumn('until_ms', 'integer', notNull)
    .execute();
  await create('links')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('link_index', 'integer', notNull)
    .addColumn('destination_key', 'integer', notNull)
    .addColumn('name', 'text', notNull)
    .addColumn('template', 'text')
    .$call(keyedBy('message_key', 'link_index', 'destination_key'))
    .execute();
  await create('mails')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('hash', 'blob', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('bytes', 'integer', notNull)
    .addColumn('packed', 'blob', notNull)
    .addPrimaryKeyConstraint('primary_key', ['message_key', 'hash'])
    .execute();
  await create('events')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('hit_id', 'blob', notNull)
    .addColumn('kind', 'integer', notNull)
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('link_index', 'integer')
    .addColumn('destination_key', 'integer')
    .addColumn('verdict_key', 'integer', notNull)
    .addColumn('agent_key', 'integer', notNull)
    .addColumn('method_key', 'integer', notNull)
    .addColumn('test', 'integer', notNull)
    .addColumn('peer', 'blob')
    .addColumn('network', 'integer', notNull)
    .addColumn('repeat', 'integer', notNull)
    .addColumn('host_key', 'integer', notNull)
    .$call(keyedBy('message_key', 'hit_id'))
    .execute();
  // Clicks are few, and any may become evidence; what came from one address is known for 15 minutes alone.
  await sql`CREATE INDEX events_followed ON events (recipient_key) WHERE kind > 0`.execute(db);
  await sql`CREATE INDEX events_by_peer ON events (peer, hit_id) WHERE peer IS NOT NULL`.execute(db);
  await create('kept_peers')
    .addColumn('message_key', 'integer', (column) => column.primaryKey())
    .addColumn('from_ms', 'integer', notNull)
    .execute();
  await create('known_peers')
    .addColumn('peer', 'blob', notNull)
    .addColumn('network', 'integer', notNull)
    .addColumn('host_key', 'integer', notNull)
    .addColumn('from_ms', 'integer', notNull)
    .addColumn('until_ms', 'integer', notNull)
    .$call(keyedBy('peer', 'network', 'host_key'))
    .execute();
  await create('kept_events')
    .addColumn('message_key', 'integer', (column) => column.primaryKey())
    .addColumn('signals_from', 'blob')
    .addColumn('events_from', 'blob', notNull)
    .execute();
  await sql`CREATE INDEX kept_events_by_signals ON kept_events (signals_from)`.execute(db);
  await sql`CREATE INDEX kept_events_by_events ON kept_events (events_from)`.execute(db);
  await create('clock')
    .addColumn('newest_ms', 'integer')
    .addColumn('believed_ms', 'integer')
    .addColumn('doubted_ms', 'integer')
    .addColumn('peers_before_ms', 'integer')
    .execute();
  await sql`INSERT INTO clock VALUES (NULL, NULL, NULL, NULL)`.execute(db);
  await create('states')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('kind', 'integer', notNull)
    .addColumn('human', 'integer', notNull)
    .addColumn('proxy_human', 'integer', notNull)
    .addColumn('prefetch', 'integer', notNull)
    .addColumn('scanner', 'integer', notNull)
    .addColumn('preview', 'integer', notNull)
    .addColumn('unknown', 'integer', notNull)
    .addColumn('first_at_ms', 'integer', notNull)
    .addColumn('span_ms', 'integer', notNull)
    .$call(keyedBy('message_key', 'recipient_key', 'kind'))
    .execute();
  await create('link_states')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('link_index', 'integer', notNull)
    .addColumn('destination_key', 'integer', notNull)
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('total', 'integer', notNull)
    .addColumn('people', 'integer', notNull)
    .$call(keyedBy('message_key', 'link_index', 'destination_key', 'recipient_key'))
    .execute();
  await create('counts')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('kind', 'integer', notNull)
    .addColumn('label', 'integer', notNull)
    .addColumn('total', 'integer', notNull)
    .addColumn('recipients', 'integer', notNull)
    .addColumn('anonymous', 'integer', notNull)
    .$call(keyedBy('message_key', 'kind', 'label'))
    .execute();
  await create('link_counts')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('link_index', 'integer', notNull)
    .addColumn('destination_key', 'integer', notNull)
    .addColumn('total', 'integer', notNull)
    .addColumn('recipients', 'integer', notNull)
    .addColumn('people', 'integer', notNull)
    .addColumn('anonymous', 'integer', notNull)
    .$call(keyedBy('message_key', 'link_index', 'destination_key'))
    .execute();
  await create('domain_counts')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('domain_key', 'integer', notNull)
    .addColumn('sent', 'integer', notNull)
    .addColumn('opened', 'integer', notNull)
    .addColumn('clicked', 'integer', notNull)
    .$call(keyedBy('message_key', 'domain_key'))
    .execute();
  // A mailing to companies has a domain for each recipient; a report shows the largest.
  await db.schema.createIndex('domain_counts_by_sent').on('domain_counts').columns(['message_key', 'sent']).execute();
  await create('quarter_counts')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('quarter', 'integer', notNull)
    .addColumn('kind', 'integer', notNull)
    .addColumn('label', 'integer', notNull)
    .addColumn('total', 'integer', notNull)
    .addColumn('anonymous', 'integer', notNull)
    .$call(keyedBy('message_key', 'quarter', 'kind', 'label'))
    .execute();
  await create('usage_counts')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('kind', 'integer', notNull)
    .addColumn('client_key', 'integer', notNull)
    .addColumn('device', 'integer', notNull)
    .addColumn('total', 'integer', notNull)
    .addColumn('anonymous', 'integer', notNull)
    .$call(keyedBy('message_key', 'kind', 'client_key', 'device'))
    .execute();
  await create('unsubscribes')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .$call(keyedBy('message_key', 'recipient_key'))
    .execute();
  await create('suppressions')
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('reason', 'integer', notNull)
    .addColumn('source', 'text')
    .addColumn('at_ms', 'integer', notNull)
    .$call(keyedBy('recipient_key'))
    .execute();
  await create('journals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('settled_through', 'integer', notNull)
    .addColumn('waiting_from_ms', 'integer')
    .addColumn('waiting_until_ms', 'integer')
    .execute();
  await create('api_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('scope', 'text', notNull)
    .addColumn('hash', 'blob', notNull)
    .addColumn('created_at_ms', 'integer', notNull)
    .addColumn('revoked_at_ms', 'integer')
    .execute();
  await createControl(db);
  await createConversions(db);
  await createDeliveries(db);
  await createWebhooks(db);
}

/** What became of mails after they were handed over. */
async function createDeliveries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'blob', notNull)
    .addColumn('state', 'integer', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('timed', 'integer', notNull)
    .addColumn('complained_at_ms', 'integer')
    .$call(keyedBy('message_key', 'recipient_key'))
    .execute();
  await codes(db, 'delivery_states', DELIVERY_STATES);
  await db.schema
    .createTable('seen_deliveries')
    .addColumn('id', 'blob', notNull)
    .addColumn('until_ms', 'integer', notNull)
    .$call(keyedBy('id'))
    .execute();
  await db.schema.createIndex('seen_deliveries_by_time').on('seen_deliveries').column('until_ms').execute();
}

/** Who is told of events, and what waits to be told. */
async function createWebhooks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('webhooks')
    .addColumn('key', 'integer', (key) => key.primaryKey().autoIncrement())
    .addColumn('id', 'text', (id) => id.notNull().unique())
    .addColumn('url', 'text', notNull)
    .addColumn('secret', 'text', notNull)
    .addColumn('events', 'text')
    .addColumn('labels', 'text')
    .addColumn('created_at_ms', 'integer', notNull)
    .addColumn('by', 'text', notNull)
    .addColumn('attempts', 'integer', notNull)
    .addColumn('failing_since_ms', 'integer')
    .addColumn('next_at_ms', 'integer', notNull)
    .addColumn('problem', 'text')
    .addColumn('dropped', 'integer', notNull)
    .execute();
  await db.schema
    .createTable('outbox')
    .addColumn('key', 'integer', (key) => key.primaryKey().autoIncrement())
    .addColumn('webhook_key', 'integer', notNull)
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'blob')
    .addColumn('payload', 'text', notNull)
    .addColumn('created_at_ms', 'integer', notNull)
    .addColumn('batch', 'text')
    .addColumn('parked_at_ms', 'integer')
    .execute();
  await db.schema.createIndex('outbox_by_webhook').on('outbox').columns(['webhook_key', 'key']).execute();
  await sql`CREATE INDEX outbox_given ON outbox (webhook_key, batch) WHERE batch IS NOT NULL`.execute(db);
  await sql`CREATE INDEX outbox_waiting ON outbox (webhook_key, key) WHERE parked_at_ms IS NULL`.execute(db);
  await db.schema.createIndex('outbox_by_message').on('outbox').columns(['message_key', 'key']).execute();
  await db.schema.createIndex('outbox_by_recipient').on('outbox').column('recipient_key').execute();
}

/** The sequence of control changes, with its name and the key of its tombstones. */
async function createControl(db: Kysely<unknown>): Promise<void> {
  const create = (name: string) => db.schema.createTable(name);
  await create('control_log')
    .addColumn('id', 'text', notNull)
    .addColumn('last_seq', 'integer', notNull)
    .addColumn('tombstone_key', 'blob', notNull)
    .execute();
  await create('control_changes')
    .addColumn('seq', 'integer', (column) => column.primaryKey())
    .addColumn('topic', 'text', notNull)
    .addColumn('subject', 'text', notNull)
    .addColumn('value', 'text', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('by', 'text', notNull)
    .execute();
  await db.schema
    .createIndex('control_changes_by_subject')
    .on('control_changes')
    .columns(['topic', 'subject', 'seq'])
    .unique()
    .execute();
  await create('consents')
    .addColumn('key', 'integer', (key) => key.primaryKey().autoIncrement())
    .addColumn('recipient', 'text', notNull)
    .addColumn('opens', 'integer', notNull)
    .addColumn('clicks', 'integer', notNull)
    .addColumn('purpose', 'text', notNull)
    .addColumn('source', 'text', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('recorded_at_ms', 'integer', notNull)
    .addColumn('by', 'text', notNull)
    .execute();
  await db.schema.createIndex('consents_by_recipient').on('consents').columns(['recipient', 'key']).execute();
  const log = { id: randomUUID(), last_seq: 0, tombstone_key: randomBytes(32) };
  await db.withTables<Pick<Tables, 'control_log'>>().insertInto('control_log').values(log).execute();
}

/** Orders, the clicks they are attributed to, and sums of both for reports. */
async function createConversions(db: Kysely<unknown>): Promise<void> {
  const create = (name: string) => db.schema.createTable(name);
  await create('attribution')
    .addColumn('window_ms', 'integer', notNull)
    .addColumn('people', 'integer', notNull)
    .execute();
  await sql`INSERT INTO attribution VALUES (${attributionDaysDefault * 86_400_000}, 1)`.execute(db);
  await create('conversions')
    .addColumn('key', 'integer', (key) => key.primaryKey().autoIncrement())
    .addColumn('order_id', 'text', (column) => column.notNull().unique())
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('proof', 'integer', notNull)
    .addColumn('test', 'integer', notNull)
    .addColumn('message_key', 'integer')
    .addColumn('recipient_key', 'blob')
    .addColumn('link_index', 'integer')
    .addColumn('clicked_at_ms', 'integer')
    .addColumn('minor', 'integer')
    .addColumn('currency', 'text')
    .addColumn('refunded_minor', 'integer', notNull)
    .execute();
  await sql`CREATE INDEX conversions_by_recipient ON conversions (recipient_key) WHERE recipient_key IS NOT NULL`.execute(
    db,
  );
  await sql`CREATE INDEX conversions_by_message ON conversions (message_key, key)`.execute(db);
  await create('conversion_touches')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('conversion_key', 'integer', notNull)
    .addColumn('place', 'integer', notNull)
    .addColumn('link_index', 'integer')
    .addColumn('recipient_key', 'blob')
    .$call(keyedBy('message_key', 'conversion_key', 'place'))
    .execute();
  await sql`CREATE INDEX conversion_touches_of ON conversion_touches (conversion_key, place)`.execute(db);
  await sql`CREATE INDEX conversion_touches_by_recipient ON conversion_touches (message_key, recipient_key)
    WHERE recipient_key IS NOT NULL`.execute(db);
  for (const [table, by] of [
    ['conversion_counts', 'link_index'],
    ['conversion_quarters', 'quarter'],
  ] as const) {
    await create(table)
      .addColumn('message_key', 'integer', notNull)
      .addColumn('model', 'integer', notNull)
      .addColumn('verified', 'integer', notNull)
      .addColumn(by, 'integer', notNull)
      .addColumn('currency', 'text', notNull)
      .addColumn('parts', 'integer', notNull)
      .addColumn('minor', 'integer', notNull)
      .$call(keyedBy('message_key', 'model', 'verified', by, 'currency'))
      .execute();
  }
}

/** What the estimated open rate needs. Sends that are there already have no history and no provider. */
async function addAudiences(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('audiences')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('cohort', 'integer', notNull)
    .addColumn('seen', 'integer', notNull)
    .addColumn('recipients', 'integer', notNull)
    .$call(keyedBy('message_key', 'cohort', 'seen'))
    .execute();
  await db.schema.alterTable('sends').addColumn('cohort', 'integer').execute();
  await sql`UPDATE sends SET cohort = 0 WHERE opens = 0`.execute(db);
  await sql`INSERT INTO audiences
    SELECT sends.message_key, 0, CASE WHEN opened.human + opened.proxy_human > 0 THEN 1 ELSE 0 END
      + CASE WHEN clicked.human + clicked.proxy_human > 0 THEN 2 ELSE 0 END
      + CASE WHEN opened.prefetch > 0 THEN 4 ELSE 0 END AS bits, count(*)
    FROM sends
    LEFT JOIN states opened ON opened.message_key = sends.message_key AND opened.recipient_key = sends.recipient_key
      AND opened.kind = 0
    LEFT JOIN states clicked ON clicked.message_key = sends.message_key AND clicked.recipient_key = sends.recipient_key
      AND clicked.kind = 1
    WHERE sends.cohort = 0 GROUP BY 1, 2, 3`.execute(db);
}

/** Says in the file itself what the small numbers stand for. */
async function codes(db: Kysely<unknown>, table: string, names: readonly string[]): Promise<void> {
  await db.schema
    .createTable(table)
    .addColumn('code', 'integer', (code) => code.primaryKey())
    .addColumn('name', 'text', notNull)
    .execute();
  const rows = names.map((name, code) => sql`(${code}, ${name})`);
  await sql`INSERT INTO ${sql.table(table)} VALUES ${sql.join(rows)}`.execute(db);
}

type AnyTable = CreateTableBuilder<string, string>;

function notNull<C extends { notNull(): C }>(column: C): C {
  return column.notNull();
}

/** A count, 0 for a new row. */
function zero<C extends { notNull(): C; defaultTo(value: number): C }>(column: C): C {
  return column.notNull().defaultTo(0);
}

/** A number for each text: `key` and a unique column. */
function dictionary(column: string) {
  return (table: AnyTable): AnyTable =>
    table
      .addColumn('key', 'integer', (key) => key.primaryKey().autoIncrement())
      .addColumn(column, 'text', (text) => text.notNull().unique());
}

/** Rows are stored in the order of their key, with no second index. */
function keyedBy(...columns: readonly string[]) {
  return (table: AnyTable): AnyTable =>
    table.addPrimaryKeyConstraint('primary_key', [...columns]).modifyEnd(sql`WITHOUT ROWID`);
}
