// Reads how far a journal's file is clean of erased recipients, whoever has it open.
import Database from 'better-sqlite3';

export interface ErasedPlace {
  readonly through: number;
  /** Entries it lost by erasures so far. */
  readonly hits: number;
  readonly parked: number;
}

const NOTHING: ErasedPlace = { through: 0, hits: 0, parked: 0 };

/** The place in one store's sequence of erasures; the first place when the file cannot be asked now. */
export function readErasedPlace(path: string, log: string): ErasedPlace {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    const select = db.prepare<[string], ErasedPlace>('SELECT through, hits, parked FROM erased WHERE log = ?');
    return select.get(log) ?? NOTHING;
  } catch {
    return NOTHING;
  } finally {
    db?.close();
  }
}
