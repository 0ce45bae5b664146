// Writers of one database of PostgreSQL who are made to meet: each in threads of its own, while a connection of the test has
// the turn that all of them need.
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { startEngine } from '../../src/engine/start-engine.ts';
import type { Store } from '../../src/store/open-store.ts';
import { makeTestDatabase } from './stores.ts';

export interface SideBySide {
  readonly url: string;
  readonly stores: readonly Store[];
  /** Begins all of this, each once those before it wait for their turn, lets them have it then, and waits for them. */
  meet(begin: readonly (() => Promise<unknown>)[], whileWaiting?: () => Promise<void>): Promise<void>;
  /** How many of them have added events which nobody else sees. */
  adding(): Promise<number>;
  /** Takes out all that was stored. */
  clear(): Promise<void>;
}

/** Opens a store several times; all of it is gone when the test has ended. */
export async function openSideBySide(writers: number): Promise<SideBySide> {
  const { url } = await makeTestDatabase();
  const holder = await connect(url);
  // What happens is seen outside of the transaction of whoever has the turn.
  const watcher = await connect(url);
  const stores: Store[] = [];
  for (let writer = 0; writer < writers; writer += 1) {
    const engine = await startEngine({ databaseUrl: url, onProblem: () => undefined });
    onTestFinished(() => engine.close());
    stores.push(engine.store);
  }

  async function count(query: string): Promise<number> {
    const { rows } = await watcher.query<{ count: string }>(query);
    return Number(rows[0]?.count);
  }

  async function waitFor(waiting: number): Promise<void> {
    while ((await count(WAITING)) < waiting);
  }

  return {
    url,
    stores,
    async meet(begin, whileWaiting) {
      await holder.query('BEGIN');
      await holder.query('SELECT place FROM turn WHERE place = 0 FOR UPDATE');
      const begun: Promise<unknown>[] = [];
      for (const one of begin) {
        begun.push(one());
        await waitFor(begun.length);
      }
      await whileWaiting?.();
      await holder.query('COMMIT');
      await Promise.all(begun);
    },
    adding: () => count(ADDING),
    async clear() {
      const { rows } = await holder.query<{ name: string }>(TABLES);
      await holder.query(`TRUNCATE ${rows.map(({ name }) => name).join()}`);
      await holder.query('UPDATE turns SET epoch = epoch + 1');
    },
  };
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const WAITING = `SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;
const ADDING = `SELECT count(DISTINCT pid) FROM pg_locks
  WHERE relation = 'events'::regclass AND mode = 'RowExclusiveLock'`;
const TABLES = `SELECT relname AS name FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND relname NOT IN ('secrets', 'turn', 'turns', 'clock', 'texts', 'control_log', 'attribution')
    AND relname NOT LIKE 'kysely%' AND relname NOT IN ('labels', 'kinds')`;
