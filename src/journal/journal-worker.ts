// The journal's only writer, in a thread of its own: one SQLite file in WAL mode with synchronous=FULL, one row a hit,
// one transaction a batch. Nothing else of the process waits for its fsync.
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import { messageOf } from '../base/errors.ts';
import { headerProblem, sqliteHeaderBytes } from '../base/sqlite-header.ts';

/** "TTJL": tells a journal from any other SQLite file. */
const APPLICATION_ID = 0x54544a4c;

/** A process that is just stopping has this long to let go. */
const LOCK_WAIT_MS = 2_000;

/** What the thread is asked; every request is answered in order. */
export type JournalRequest =
  | { readonly kind: 'append'; readonly bodies: readonly string[] }
  | { readonly kind: 'read'; readonly after: number; readonly limit: number }
  | { readonly kind: 'prune'; readonly through: number }
  | { readonly kind: 'close' };

export type JournalReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: JournalFailure; readonly message: string };

export type JournalFailure = 'INVALID_JOURNAL' | 'JOURNAL_IN_USE' | 'FAILED';

interface JournalRow {
  readonly seq: number;
  readonly crc: number;
  /** Text, unless the file was damaged. */
  readonly body: unknown;
}

const { path } = workerData as { readonly path: string };
const port = parentPort;
if (port === null) throw new Error('journal-worker runs as a worker thread only');

function reply(answer: JournalReply): void {
  port?.postMessage(answer);
}

const db = open();
if (db !== undefined) serve(db);

function open(): Database.Database | undefined {
  try {
    const problem = headerProblem(readHeader(), APPLICATION_ID);
    if (problem !== undefined) throw new Error(problem);
    if (!lock()) {
      reply({ ok: false, code: 'JOURNAL_IN_USE', message: 'another process has it' });
      return undefined;
    }
    // Made for its owner only; SQLite gives its log the same mode.
    closeSync(openSync(path, 'a', 0o600));
    const database = new Database(path);
    // Before WAL mode, so that the mark stands in the file itself from its first page on.
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.exec(`
      CREATE TABLE IF NOT EXISTS hits (seq INTEGER PRIMARY KEY AUTOINCREMENT, crc INTEGER NOT NULL, body TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS journal (id TEXT NOT NULL);
      INSERT INTO journal SELECT '${randomUUID()}' WHERE NOT EXISTS (SELECT 1 FROM journal);
    `);
    reply({ ok: true, value: database.prepare('SELECT id FROM journal').pluck().get() });
    return database;
  } catch (error) {
    reply({ ok: false, code: 'INVALID_JOURNAL', message: messageOf(error) });
    return undefined;
  }
}

/** Takes the journal for this process alone. The system gives the lock back when the process ends, however it ends. */
function lock(): boolean {
  const file = new Database(`${path}.lock`, { timeout: LOCK_WAIT_MS });
  try {
    file.pragma('journal_mode = MEMORY');
    file.exec('BEGIN EXCLUSIVE');
    port?.once('close', () => file.close());
    return true;
  } catch {
    file.close();
    return false;
  }
}

/** The first bytes of the file; none when there is no file. */
function readHeader(): Uint8Array {
  if (!existsSync(path)) return new Uint8Array();
  const header = new Uint8Array(sqliteHeaderBytes);
  const file = openSync(path, 'r');
  try {
    return header.subarray(0, readSync(file, header));
  } finally {
    closeSync(file);
  }
}

function serve(database: Database.Database): void {
  const insert = database.prepare('INSERT INTO hits (crc, body) VALUES (?, ?)');
  const select = database.prepare<[number, number], JournalRow>(
    'SELECT seq, crc, body FROM hits WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const remove = database.prepare('DELETE FROM hits WHERE seq <= ?');
  const appendAll = database.transaction((bodies: readonly string[]) => {
    for (const body of bodies) insert.run(crc32(body), body);
  });

  function answer(request: JournalRequest): unknown {
    switch (request.kind) {
      case 'append':
        return appendAll.immediate(request.bodies);
      case 'read':
        return select
          .all(request.after, request.limit)
          .map(({ seq, crc, body }) => ({ seq, body: typeof body === 'string' && crc32(body) === crc ? body : null }));
      case 'prune':
        return remove.run(request.through).changes;
      case 'close':
        database.close();
        return undefined;
    }
  }

  port?.on('message', (request: JournalRequest) => {
    try {
      reply({ ok: true, value: answer(request) });
    } catch (error) {
      reply({ ok: false, code: 'FAILED', message: messageOf(error) });
    }
    if (request.kind === 'close') port?.close();
  });
}
