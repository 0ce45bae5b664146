// Reads a journal that another thread or process writes, over a connection of its own that can change nothing.
import Database from 'better-sqlite3';
import { type JournalEntry, prepareReading, type ReadEntries } from './read-entries.ts';

export { isDamage } from './salvage.ts';

export interface JournalReader {
  /** Entries after a place, in order. */
  read(after: number, limit: number): readonly JournalEntry[];
  close(): void;
}

/** Prepares reading of the journal at `path`; the file is opened when it is first read, and anew after a failure. */
export function makeJournalReader(path: string): JournalReader {
  let opened: { readonly db: Database.Database; readonly read: ReadEntries } | undefined;
  const close = () => {
    opened?.db.close();
    opened = undefined;
  };
  return {
    read(after, limit) {
      opened ??= open(path);
      try {
        return opened.read(after, limit);
      } catch (error) {
        close();
        throw error;
      }
    },
    close,
  };
}

function open(path: string): { readonly db: Database.Database; readonly read: ReadEntries } {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return { db, read: prepareReading(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}
