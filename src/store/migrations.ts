// The schema, in steps. A released step is never changed; a new one is added below it.
import { randomBytes, randomUUID } from 'node:crypto';
import { type CreateTableBuilder, type Kysely, type Migration, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** All steps by name, in order. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001_start': { up: start },
};

async function start(db: Kysely<unknown>): Promise<void> {
  const create = (name: string) => db.schema.createTable(name);
  await create('messages')
    .$call(dictionary('id'))
    .addColumn('name', 'text')
    .addColumn('created_at_ms', 'integer', notNull)
    .execute();
  await create('recipients').$call(dictionary('id')).execute();
  await create('texts').$call(dictionary('text')).execute();
  await create('sends')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'integer', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('domain_key', 'integer')
    .addColumn('opens', 'text', notNull)
    .addColumn('clicks', 'text', notNull)
    .$call(keyedBy('message_key', 'recipient_key'))
    .execute();
  await create('links')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('link_index', 'integer', notNull)
    .addColumn('destination_key', 'integer', notNull)
    .addColumn('name', 'text', notNull)
    .$call(keyedBy('message_key', 'link_index', 'destination_key'))
    .execute();
  await create('events')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .addColumn('hit_id', 'blob', notNull)
    .addColumn('kind', 'text', notNull)
    .addColumn('recipient_key', 'integer', notNull)
    .addColumn('link_index', 'integer')
    .addColumn('destination_key', 'integer')
    .addColumn('label', 'text', notNull)
    .addColumn('confidence', 'real', notNull)
    .addColumn('reasons_key', 'integer', notNull)
    .addColumn('agent_key', 'integer', notNull)
    .addColumn('method', 'text', notNull)
    .addColumn('test', 'integer', notNull)
    .$call(keyedBy('message_key', 'at_ms', 'hit_id'))
    .execute();
  await create('states')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'integer', notNull)
    .addColumn('kind', 'text', notNull)
    .addColumn('human', 'integer', notNull)
    .addColumn('proxy_human', 'integer', notNull)
    .addColumn('prefetch', 'integer', notNull)
    .addColumn('scanner', 'integer', notNull)
    .addColumn('preview', 'integer', notNull)
    .addColumn('unknown', 'integer', notNull)
    .addColumn('first_at_ms', 'integer', notNull)
    .addColumn('last_at_ms', 'integer', notNull)
    .$call(keyedBy('message_key', 'recipient_key', 'kind'))
    .execute();
  await create('link_states')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('link_index', 'integer', notNull)
    .addColumn('destination_key', 'integer', notNull)
    .addColumn('recipient_key', 'integer', notNull)
    .addColumn('total', 'integer', notNull)
    .addColumn('people', 'integer', notNull)
    .$call(keyedBy('message_key', 'link_index', 'destination_key', 'recipient_key'))
    .execute();
  await create('counts')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('kind', 'text', notNull)
    .addColumn('label', 'text', notNull)
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
    .$call(keyedBy('message_key', 'link_index', 'destination_key'))
    .execute();
  await create('quarter_counts')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('quarter', 'integer', notNull)
    .addColumn('kind', 'text', notNull)
    .addColumn('label', 'text', notNull)
    .addColumn('total', 'integer', notNull)
    .$call(keyedBy('message_key', 'quarter', 'kind', 'label'))
    .execute();
  await create('unsubscribes')
    .addColumn('message_key', 'integer', notNull)
    .addColumn('recipient_key', 'integer', notNull)
    .addColumn('at_ms', 'integer', notNull)
    .$call(keyedBy('message_key', 'recipient_key'))
    .execute();
  await create('journals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('settled_through', 'integer', notNull)
    .execute();
  await create('api_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('scope', 'text', notNull)
    .addColumn('hash', 'blob', notNull)
    .addColumn('created_at_ms', 'integer', notNull)
    .addColumn('revoked_at_ms', 'integer')
    .execute();
  await createControl(db);
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
  const log = { id: randomUUID(), last_seq: 0, tombstone_key: randomBytes(32) };
  await db.withTables<Pick<Tables, 'control_log'>>().insertInto('control_log').values(log).execute();
}

type AnyTable = CreateTableBuilder<string, string>;

function notNull<C extends { notNull(): C }>(column: C): C {
  return column.notNull();
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
