// Reads entries of a journal file. What its checksum does not vouch for is given as null, never as a hit.
import { crc32 } from 'node:zlib';
import type Database from 'better-sqlite3';
import type { ConversionHit } from '../base/conversion.ts';
import { readBody } from '../base/hit-body.ts';
import type { Hit } from '../base/nouns.ts';

/** A hit with its place in the journal; null when its bytes did not survive. */
export interface JournalEntry {
  readonly seq: number;
  readonly hit: Hit | ConversionHit | null;
}

interface JournalRow {
  readonly seq: number;
  readonly crc: number;
  /** Text, unless the file was damaged. */
  readonly body: unknown;
}

export type ReadEntries = (after: number, limit: number) => readonly JournalEntry[];

/** Prepares reading: entries after a place, in order, at most so many. */
export function prepareReading(db: Database.Database): ReadEntries {
  const select = db.prepare<[number, number], JournalRow>(
    'SELECT seq, crc, body FROM hits WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  return (after, limit) => select.all(after, limit).map((row) => ({ seq: row.seq, hit: readHit(row) }));
}

/** The checksum of an entry: of its place too, since an entry at another place would hide those before it. */
export function checksumOf(seq: number, body: string): number {
  return (crc32(body) ^ Math.imul(seq, PLACE_FACTOR) ^ Math.floor(seq / 2 ** 32)) >>> 0;
}

/** Odd, so that no two places within 2^32 give the same, and a flipped bit of the place flips many of the checksum. */
const PLACE_FACTOR = 0x9e3779b1;

function readHit({ seq, crc, body }: JournalRow): Hit | ConversionHit | null {
  if (typeof body !== 'string' || checksumOf(seq, body) !== crc) return null;
  try {
    return readBody(body);
  } catch {
    return null;
  }
}
