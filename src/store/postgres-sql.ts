// PostgreSQL as the store uses it. The store's transactions are written as steps whose rows are there when they return,
// and judge hits between them; so the thread waits for the one that has the connection. What need not be waited for goes
// out with the next statement that must, and many rows of arguments go out at once.
import { randomBytes } from 'node:crypto';
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { type Kysely, sql } from 'kysely';
import type { Client } from 'pg';
import { TelltaleError } from '../base/errors.ts';
import { postgresWaitMs } from '../base/limits.ts';
import { startThread } from '../base/start-thread.ts';
import { makeBulks } from './postgres-bulk.ts';
import type { PostgresLetter, PostgresReply, PostgresThreadData, StepResult } from './postgres-letters.ts';
import { ANNOUNCE, listenForChanges } from './postgres-notices.ts';
import { createMonth, type EventMonth, MONTHS, monthIn, monthOf } from './postgres-partitions.ts';
import { ERRANDS, makeTurns, plain } from './postgres-turns.ts';
import { POSTGRES, type Sql, type Statement } from './sql.ts';
import type { Tables } from './tables.ts';

/** Ends with {@link PostgresSql.close}. */
export interface PostgresSql extends Sql {
  close(): Promise<void>;
}

type Step = PostgresLetter['steps'][number];

/** `connect` makes one more connection with the same `config`, which the database of `db` is reached by too. */
export function postgresSql(config: unknown, db: Kysely<Tables>, connect: () => Client): PostgresSql {
  const line = openLine(config);
  // Of its own, also where a pooler gives one session to many.
  const prefix = `t${randomBytes(4).toString('hex')}_`;
  /** What each text is prepared as. */
  const names = new Map<string, string>();
  const stops = new Set<() => void>();
  /** Tables of events that are known to be there; whoever drops one ends the epoch. */
  const months = new Set<string>();
  const turns = makeTurns(line, () => months.clear());

  function make<Args extends unknown[], Row>(query: string, read: (result: StepResult) => Row[]): Statement<Args, Row> {
    const text = numbered(query);
    const name = names.get(text) ?? `${prefix}${names.size + 1}`;
    names.set(text, name);
    const ask = (rows: readonly Args[]) =>
      rows.length === 0 ? [] : line.ask({ name, text, rows: rows.map((row) => row.map(toText)) });
    const one = (args: Args) => ask([args])[0] as StepResult;
    return {
      get: (...args) => read(one(args))[0],
      all: (...args) => read(one(args)),
      run: (...args) => ({ changes: one(args).changes }),
      queue: (...args) => line.queue({ name, text, rows: [args.map(toText)] }),
      gets: (many) => ask(many).map((result) => read(result)[0]),
      alls: (many) => ask(many).map((result) => read(result)),
      runs: (many) => ask(many).map(({ changes }) => changes),
    };
  }

  function monthsThere(): readonly EventMonth[] {
    return line.ask(plain(MONTHS)).flatMap(({ rows }) => rows.flatMap(([name]) => monthIn(String(name)) ?? []));
  }

  return {
    dialect: POSTGRES,
    db,
    prepare: <Args extends unknown[], Row>(query: string) =>
      make<Args, Row>(query, (result) => rowsOf(result) as Row[]),
    first: <Args extends unknown[], Value>(query: string) =>
      make<Args, Value>(query, ({ rows, bytes }) =>
        rows.map((row) => (bytes.includes(0) ? toBytes(row[0]) : row[0]) as Value),
      ),
    write: async (work, bearing = 'begin-again') => turns.write(work, bearing),
    writeBeside: async (prepare, finish) => turns.writeBeside(prepare, finish),
    isAlone: (at) => (line.ask(plain(ERRANDS[at]))[0]?.rows.length ?? 0) > 0,
    mustBeInTurn: () => turns.mustBe('in-turn'),
    read: async (work) => turns.read(work),
    epoch: turns.epoch,
    endEpoch: () => line.queue(turns.endEpoch),
    makeRoom(times) {
      const needed = new Map([...times].map(monthOf).flatMap((month) => (month ? [[month.table, month]] : [])));
      if ([...needed.keys()].every((table) => months.has(table))) return;
      for (const { table } of monthsThere()) months.add(table);
      for (const month of needed.values()) {
        if (months.has(month.table)) continue;
        // A part of a table is made or dropped while nobody has rows of the table in hand.
        turns.mustBe('alone');
        line.ask(plain(createMonth(month)));
        months.add(month.table);
      }
    },
    dropMonths(before) {
      const due = monthsThere()
        .filter((month) => month.before.compare(before) <= 0)
        .sort((a, b) => a.from.compare(b.from));
      const last = due.at(-1);
      if (last === undefined) return undefined;
      turns.mustBe('alone');
      let rows = 0;
      for (const { table } of due) {
        rows += Number(line.ask(plain(`SELECT count(*) FROM ${table}`))[0]?.rows[0]?.[0] ?? 0);
        line.queue(plain(`DROP TABLE ${table}`));
        months.delete(table);
      }
      return { rows, through: last.before };
    },
    // PostgreSQL keeps removed rows until it vacuums (docs/postgresql.md).
    erasing: (work) => work(),
    async announce(tx) {
      await sql.raw(ANNOUNCE).execute(tx);
    },
    onAnnouncement(listener) {
      const stop = listenForChanges(connect, listener);
      stops.add(stop);
      return () => {
        stops.delete(stop);
        stop();
      };
    },
    scrub: async () => 'to-vacuum',
    async close() {
      for (const stop of stops) stop();
      await line.close();
    },
  };
}

/** The thread with the connection, and what waits to go to it. */
function openLine(config: unknown) {
  let thread: { readonly worker: Worker; readonly port: MessagePort; readonly bell: Int32Array } | undefined;
  let queued: { name: string; text: string; rows: (readonly unknown[])[] }[] = [];
  const bulkOf = makeBulks(send);
  let lastConnection = 0;
  /** The connection of the transaction that has begun. */
  let connection: number | null = null;
  let isClosed = false;

  function start() {
    const { port1: port, port2 } = new MessageChannel();
    // Its own: a thread that was given up may still ring.
    const bell = new Int32Array(new SharedArrayBuffer(4));
    const data: PostgresThreadData = { port: port2, bell, config };
    const worker = startThread(new URL('./postgres-worker.ts', import.meta.url), data, {}, [port2]);
    worker.unref();
    port.unref();
    return { worker, port, bell };
  }

  /** Sends what is queued and this step; its results, one for each of its rows. */
  function ask(step: Step): readonly StepResult[] {
    const before = queued;
    queued = [];
    const bulk = bulkOf(step);
    const last = bulk?.steps ?? [step];
    const results = send([...before.flatMap((one) => bulkOf(one)?.steps ?? [one]), ...last]);
    const own = results.slice(results.length - last.reduce((sum, { rows }) => sum + rows.length, 0));
    return bulk === undefined ? own : bulk.read(own);
  }

  /** Puts a step behind what is queued, to the rows of the last if it is the same. */
  function queue({ name, text, rows }: Step): void {
    const last = queued.at(-1);
    if (last?.name === name && last.text === text) last.rows.push(...rows);
    else queued.push({ name, text, rows: [...rows] });
  }

  function send(steps: readonly Step[]): readonly StepResult[] {
    if (isClosed) throw new Error('The store is closed.');
    thread ??= start();
    const { port, bell } = thread;
    Atomics.store(bell, 0, 0);
    port.postMessage({ steps, connection } satisfies PostgresLetter);
    // A wake-up may be that of the answer before, which had been seen already; the value says whether there is one.
    while (Atomics.load(bell, 0) === 0) if (Atomics.wait(bell, 0, 0, postgresWaitMs) === 'timed-out') throw giveUp();
    const reply: PostgresReply = receiveMessageOnPort(port)?.message;
    if ('failure' in reply) throw Object.assign(new Error(reply.failure.message), { code: reply.failure.code });
    lastConnection = reply.connection;
    return reply.results;
  }

  function attempt(step: Step): void {
    try {
      if (thread !== undefined) ask(step);
    } catch {
      // It went with the connection.
    }
  }

  /** Whatever the connection still does, its transaction ends with it. */
  function giveUp(): TelltaleError {
    void thread?.worker.terminate();
    thread = undefined;
    return new TelltaleError(
      'STORE_UNAVAILABLE',
      `PostgreSQL has not answered for ${postgresWaitMs / 1_000} s. See whether it runs and is reached, then try again.`,
    );
  }

  return {
    ask,
    queue,
    begin(steps: readonly Step[], undo: Step) {
      connection = null;
      queued = [];
      try {
        const results = send(steps);
        connection = lastConnection;
        return results;
      } catch (error) {
        // Its turn may not have come after it began.
        attempt(undo);
        throw error;
      }
    },
    end(step: Step) {
      ask(step);
      connection = null;
    },
    rollBack(step: Step) {
      queued = [];
      if (connection !== null) attempt(step);
      connection = null;
    },
    async close() {
      isClosed = true;
      thread?.port.postMessage('close');
      await thread?.worker.terminate();
      thread = undefined;
    },
  };
}

/** With `$1` and on in place of `?`. */
function numbered(query: string): string {
  const [first = '', ...others] = query.split('?');
  return others.reduce((text, part, at) => `${text}$${at + 1}${part}`, first);
}

/** Byte strings as PostgreSQL reads them in a text, which crosses threads faster than a buffer. */
function toText(value: unknown): unknown {
  return Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value;
}

function toBytes(text: unknown): Buffer | null {
  return typeof text === 'string' ? Buffer.from(text.slice(2), 'hex') : null;
}

function rowsOf({ names, bytes, rows }: StepResult): Readonly<Record<string, unknown>>[] {
  return rows.map((row) => {
    const named: Record<string, unknown> = {};
    for (const [at, name] of names.entries()) named[name] = bytes.includes(at) ? toBytes(row[at]) : row[at];
    return named;
  });
}
