// Saves what can be read of a journal with damaged pages: readable entries move to a new table; the rest is counted as
// lost. Appending, reading and emptying then go on. The damaged table stays in the file: its pages cannot be trusted to
// be free.
import type Database from 'better-sqlite3';

export const HITS_TABLE =
  'CREATE TABLE IF NOT EXISTS hits (seq INTEGER PRIMARY KEY AUTOINCREMENT, crc INTEGER NOT NULL, body TEXT NOT NULL)';

/** Entries looked at together. */
const RANGE = 1_024;

/** Places from the first to the second, both included. */
type Range = readonly [number, number];

/**
 * The places after `after` whose entries can be read. Must run outside of a transaction: SQLite writes no more in one
 * that has met a damaged page.
 */
export function findReadable(db: Database.Database, after: number): readonly Range[] {
  const look = db.prepare<[number, number], unknown>('SELECT sum(length(body)) FROM hits WHERE seq BETWEEN ? AND ?');
  const last = lastSeq(db);
  const readable: Range[] = [];
  const ranges: Range[] = [];
  for (let from = after + 1; from <= last; from += RANGE) ranges.push([from, Math.min(from + RANGE - 1, last)]);
  ranges.reverse();
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    const [from, to] = range;
    try {
      look.get(from, to);
      readable.push(range);
    } catch (error) {
      if (!isDamage(error)) throw error;
      // A single entry that cannot be read is lost.
      const middle = Math.floor((from + to) / 2);
      if (from < to) ranges.push([middle + 1, to], [from, middle]);
    }
  }
  return readable;
}

/** Within a transaction: replaces the table of hits by one of those in `readable`; returns how many they are. */
export function replaceHits(db: Database.Database, readable: readonly Range[]): number {
  const last = lastSeq(db);
  const damaged = `damaged_${last}_${Date.now()}`;
  db.exec(`ALTER TABLE hits RENAME TO ${damaged}`);
  db.exec(HITS_TABLE);
  const copy = db.prepare<[number, number]>(
    `INSERT INTO hits SELECT seq, crc, body FROM ${damaged} WHERE seq BETWEEN ? AND ?`,
  );
  let saved = 0;
  for (const [from, to] of readable) saved += copy.run(from, to).changes;
  // No place is given twice, though the last ones may be lost.
  db.exec("DELETE FROM sqlite_sequence WHERE name = 'hits'");
  db.prepare("INSERT INTO sqlite_sequence VALUES ('hits', ?)").run(last);
  return saved;
}

function lastSeq(db: Database.Database): number {
  return db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'hits'").pluck().get() ?? 0;
}

/** Whether SQLite found a page that is not what it should be. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CORRUPT');
}

/** Whether SQLite found no room on the disk. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_FULL';
}
