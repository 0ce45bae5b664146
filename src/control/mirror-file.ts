// The file of a mirror: what the control state adds up to, and how far its sequence of changes it has come. One process
// writes it, any number read it. It can be made anew from the store, so a lost last commit does no harm.
import { closeSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { fileProblem } from '../base/sqlite-header.ts';

/** "TTCT": tells a mirror from any other SQLite file. */
const APPLICATION_ID = 0x54544354;

/** Milliseconds to wait for another process that makes the file. */
const MAKING_TIMEOUT_MS = 2_000;

/** Milliseconds to wait for another process after that: who reads waits for nobody, and who writes tries again later. */
const BUSY_TIMEOUT_MS = 50;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS mirror (
    id INTEGER PRIMARY KEY CHECK (id = 1), log TEXT NOT NULL, seq INTEGER NOT NULL, confirmed_at_ms INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS tombstone_keys (key BLOB PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS revoked_messages (message TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS revoked_links (
    message TEXT NOT NULL, link_index INTEGER NOT NULL, PRIMARY KEY (message, link_index)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS revoked_hosts (host TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS destinations (
    message TEXT NOT NULL, link_index INTEGER NOT NULL, destination TEXT NOT NULL, PRIMARY KEY (message, link_index)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sets (
    key INTEGER PRIMARY KEY, message TEXT NOT NULL, name TEXT NOT NULL, link_count INTEGER NOT NULL,
    UNIQUE (message, name)
  );
  CREATE TABLE IF NOT EXISTS set_links (
    set_key INTEGER NOT NULL, link_index INTEGER NOT NULL, destination TEXT NOT NULL, click_id TEXT,
    PRIMARY KEY (set_key, link_index)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS recipients (
    tombstone BLOB PRIMARY KEY, opens TEXT NOT NULL, clicks TEXT NOT NULL, erased INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

/**
 * Opens or makes the file at `path`; its directory must exist.
 *
 * @throws TelltaleError `INVALID_MIRROR`.
 */
export function openMirrorFile(path: string): Database.Database {
  let file: Database.Database | undefined;
  try {
    const problem = fileProblem(path, APPLICATION_ID);
    if (problem !== undefined) throw new Error(problem);
    // Made for its owner only; SQLite gives its log the same mode.
    closeSync(openSync(path, 'a', 0o600));
    file = new Database(path, { timeout: MAKING_TIMEOUT_MS });
    if (file.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
      file.pragma(`application_id = ${APPLICATION_ID}`);
    }
    file.pragma('journal_mode = WAL');
    file.pragma('synchronous = NORMAL');
    file.exec(SCHEMA);
    file.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return file;
  } catch (error) {
    file?.close();
    throw new TelltaleError(
      'INVALID_MIRROR',
      `${quote(path)} should be a mirror of Telltale, but ${messageOf(error)}. Move it away: a new one is made from the store.`,
      { cause: error },
    );
  }
}

/** Where a mirror stands: in which store's log, how far, and when the store last said that this was all. */
export interface MirrorPlace {
  readonly log: string;
  readonly seq: number;
  readonly confirmed_at_ms: number;
}

/** Prepares the look at where a mirror stands; nothing before it has come as far as a store once. */
export function preparePlace(file: Database.Database): () => MirrorPlace | undefined {
  const select = file.prepare<[], MirrorPlace>('SELECT log, seq, confirmed_at_ms FROM mirror');
  return () => select.get();
}
