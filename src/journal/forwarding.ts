// What a journal's file keeps of forwarding: how many of its hits a stream has taken, and the place that was the last of
// each partition, by which what is forwarded next says what it follows. In tables of their own, so that a version of
// Telltale that forwards nothing still uses the file.
import type Database from 'better-sqlite3';

export const FORWARDING_TABLES = `
  CREATE TABLE IF NOT EXISTS forwarded (one INTEGER PRIMARY KEY CHECK (one = 1), hits INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS forwarded_places (partition INTEGER PRIMARY KEY, place INTEGER NOT NULL);
`;

/** The place of the last entry that a partition of the stream has. */
export interface PartitionPlace {
  readonly partition: number;
  readonly place: number;
}

export interface ForwardingStatements {
  readonly hits: Database.Statement<[], number>;
  readonly places: Database.Statement<[], PartitionPlace>;
  readonly count: Database.Statement<[number]>;
  readonly keepPlace: Database.Statement<[number, number]>;
}

export function prepareForwarding(db: Database.Database): ForwardingStatements {
  return {
    hits: db.prepare<[], number>('SELECT hits FROM forwarded').pluck(),
    places: db.prepare('SELECT partition, place FROM forwarded_places'),
    count: db.prepare('INSERT INTO forwarded VALUES (1, ?) ON CONFLICT DO UPDATE SET hits = hits + excluded.hits'),
    keepPlace: db.prepare(
      'INSERT INTO forwarded_places VALUES (?, ?) ON CONFLICT DO UPDATE SET place = max(place, excluded.place)',
    ),
  };
}
