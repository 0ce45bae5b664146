// The journal's file: SQLite in WAL mode with synchronous=FULL, one row a hit, one transaction a batch. What became of
// every hit is counted in the same transaction, so the counts are true after any end of the process.
import Database from 'better-sqlite3';
import { journalFreeBytesMin, journalShrinkBytesMax } from '../base/limits.ts';
import { answerErasing, type ErasedEntries, type EraseRequest, eraseEntries, NOTHING_ERASED } from './erase-entries.ts';
import type { PartitionPlace } from './forwarding.ts';
import { claimFile, type KeptCounts, type OpenedFile, openFile } from './journal-schema.ts';
import { checksumOf, type JournalEntry } from './read-entries.ts';
import { giveUpReserve, keepReserve } from './reserve.ts';
import { findReadable, isDamage, isFull, replaceHits } from './salvage.ts';

/** Where the file stands after a change. */
export interface JournalState {
  readonly counts: KeptCounts;
  /** Hits that a stream has taken. */
  readonly forwarded: number;
  /** When the oldest entry was received; null when there is none, or it is damaged. */
  readonly oldestAtMs: number | null;
}

/** Hits that could not be taken, and why; kept with the next commit that works. */
export interface Dropped {
  readonly overflow: number;
  readonly failed: number;
}

/** An entry that is not to be settled: what the store can never take is parked with its reason, a damaged one dropped. */
export interface AsideEntry {
  readonly seq: number;
  /** Null for a damaged entry. */
  readonly reason: string | null;
}

/** Where forwarding stands. */
export interface ForwardedPlaces {
  readonly through: number;
  readonly partitions: readonly PartitionPlace[];
  /** Whether it had received nothing when it was opened: no store can have settled anything of it. */
  readonly isNew: boolean;
}

/** Entries forgotten at a time on a full disk: their log fits where that of any batch of hits did. */
const FULL_STEP = 50;

const NOTHING: KeptCounts = { received: 0, journalled: 0, settled: 0, parked: 0, overflow: 0, failed: 0, damaged: 0 };

export class JournalFile {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #lock: Database.Database;
  #opened: OpenedFile | undefined;
  readonly #isNew: boolean;

  /** @throws TelltaleError `INVALID_JOURNAL`, `JOURNAL_IN_USE`. */
  constructor(path: string, bytesMax: number) {
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#lock = claimFile(path);
    this.#opened = openFile(path);
    this.#isNew = this.#use((opened) => countsOf(opened).received === 0);
  }

  id(): string {
    return this.#use(({ db }) => String(db.prepare('SELECT id FROM journal').pluck().get()));
  }

  state(): JournalState {
    return this.#use(stateOf);
  }

  /** Puts a batch on disk, with what was dropped before it. Nothing when the file is as large as it may become. */
  append(bodies: readonly string[], dropped: Dropped): JournalState | undefined {
    return this.#use((opened) => {
      const { statements } = opened;
      if (bodies.length > 0 && (statements.bytes.get()?.used ?? 0) >= this.#bytesMax) return undefined;
      return change(opened, () => {
        let seq = statements.last.get()?.seq ?? 0;
        for (const body of bodies) {
          seq += 1;
          statements.insert.run(seq, checksumOf(seq, body), body);
        }
        const lost = dropped.overflow + dropped.failed;
        return { ...NOTHING, ...dropped, received: bodies.length + lost, journalled: bodies.length };
      });
    });
  }

  /** Entries after a place, and the state, which reading changes where it meets damaged pages. */
  read(after: number, limit: number): { readonly entries: readonly JournalEntry[]; readonly state: JournalState } {
    return this.#use((opened) => ({ entries: opened.statements.read(after, limit), state: stateOf(opened) }));
  }

  /** Forgets entries up to a place: they are in the store. Works on a full disk too, in small steps. */
  prune(through: number): JournalState {
    return this.#pruneInSteps(through, false, []);
  }

  /** Forgets entries up to a place: a stream has them. The next batch of each partition follows its place. */
  forward(through: number, places: readonly PartitionPlace[]): JournalState {
    return this.#pruneInSteps(through, true, places);
  }

  #pruneInSteps(through: number, isForwarded: boolean, places: readonly PartitionPlace[]): JournalState {
    try {
      return this.#pruneAtOnce(through, isForwarded, places);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    giveUpReserve(this.#path);
    let at = this.read(0, 1).entries[0]?.seq ?? through;
    while (at + FULL_STEP < through) {
      at += FULL_STEP;
      // The places first: an entry that is forgotten before its partition's place is kept would leave a gap.
      this.#pruneAtOnce(at, isForwarded, places);
    }
    return this.#pruneAtOnce(through, isForwarded, places);
  }

  #pruneAtOnce(through: number, isForwarded = false, places: readonly PartitionPlace[] = []): JournalState {
    return this.#use((opened) => {
      const { statements } = opened;
      const { count, keepPlace } = statements.forwarding;
      return change(opened, () => {
        const removed = statements.remove.run(through).changes;
        statements.keepPlace.run(through);
        if (isForwarded) count.run(removed);
        for (const { partition, place } of places) keepPlace.run(partition, place);
        return { ...NOTHING, settled: isForwarded ? 0 : removed, journalled: -removed };
      });
    });
  }

  /** How far entries were forgotten, and the last place of each partition of a stream; none before the first. */
  forwardedPlaces(): ForwardedPlaces {
    return this.#use((opened) => ({
      through: countsOf(opened).settled_through,
      partitions: opened.statements.forwarding.places.all(),
      isNew: this.#isNew,
    }));
  }

  setAside(entries: readonly AsideEntry[]): JournalState {
    return this.#use((opened) =>
      change(opened, () => {
        const { removeOne, park } = opened.statements;
        let parked = 0;
        let damaged = 0;
        for (const { seq, reason } of entries) {
          if (reason !== null) parked += park.run(reason, seq).changes;
          const removed = removeOne.run(seq).changes;
          if (reason === null) damaged += removed;
        }
        return { ...NOTHING, parked, damaged, journalled: -parked - damaged };
      }),
    );
  }

  /** Saves what can be read when pages are damaged; called for it by whoever could not read. */
  repair(): JournalState {
    return this.#use(salvage);
  }

  /** Does one step of an erasure. */
  erase(request: EraseRequest): { readonly erased: ErasedEntries; readonly state: JournalState } {
    if (request.step === 'entries') return this.#eraseEntries(request);
    const erased = this.#use((opened) => answerErasing(opened, request));
    return { erased, state: this.state() };
  }

  /** Removed hits count as settled, as if they had been settled to nothing; an unsubscribe stays, without its recipient. */
  #eraseEntries(request: Extract<EraseRequest, { readonly step: 'entries' }>) {
    return this.#use((opened) => {
      let erased = NOTHING_ERASED;
      const state = change(opened, () => {
        erased = eraseEntries(opened.statements.erasing, request);
        const { hits, parked } = erased;
        return { ...NOTHING, settled: hits + parked, journalled: -hits, parked: -parked };
      });
      return { erased, state };
    });
  }

  /** Gives room back to the disk, and keeps what is reserved; for a moment in which nobody waits. */
  tidy(): void {
    this.shrink();
    keepReserve(this.#path);
  }

  shrink(): void {
    this.#use(shrink);
  }

  close(): void {
    this.#opened?.db.close();
    this.#opened = undefined;
    this.#lock.close();
  }

  /**
   * Works on the file. What failed for damaged pages or a full disk is tried once more when they are salvaged, or the
   * room that the log has is free again. A file whose reads or writes failed is opened anew the next time, since SQLite
   * may not trust what it has in memory.
   */
  #use<T>(work: (opened: OpenedFile) => T): T {
    this.#opened ??= openFile(this.#path);
    const opened = this.#opened;
    try {
      try {
        return work(opened);
      } catch (error) {
        if (isDamage(error)) salvage(opened);
        else if (isFull(error)) opened.db.pragma('wal_checkpoint(RESTART)');
        else throw error;
        return work(opened);
      }
    } catch (error) {
      if (isBroken(error)) {
        this.#opened = undefined;
        opened.db.close();
      }
      throw error;
    }
  }
}

function isBroken(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(IOERR|CANTOPEN|CORRUPT|NOTADB|READONLY)/.test(error.code);
}

/** One transaction that changes entries and counts alike. */
function change(opened: OpenedFile, make: () => KeptCounts): JournalState {
  const apply = opened.db.transaction(() => {
    opened.statements.count.run(make());
    return stateOf(opened);
  });
  return apply.immediate();
}

function salvage(opened: OpenedFile): JournalState {
  const { journalled, settled_through } = countsOf(opened);
  const readable = findReadable(opened.db, settled_through);
  return change(opened, () => {
    const lost = journalled - replaceHits(opened.db, readable);
    return { ...NOTHING, damaged: lost, journalled: -lost };
  });
}

function stateOf(opened: OpenedFile): JournalState {
  const { settled_through: _, ...counts } = countsOf(opened);
  const forwarded = opened.statements.forwarding.hits.get() ?? 0;
  return { counts, forwarded, oldestAtMs: opened.statements.read(0, 1)[0]?.hit?.atMs ?? null };
}

function countsOf({ statements }: OpenedFile): KeptCounts & { readonly settled_through: number } {
  return statements.counts.get() ?? { ...NOTHING, settled_through: 0 };
}

/** Gives room back to the disk once the file is nearly empty: copying what is left then takes milliseconds. */
function shrink({ db, statements }: OpenedFile): void {
  const { used, free } = statements.bytes.get() ?? { used: 0, free: 0 };
  if (used > journalShrinkBytesMax || free < journalFreeBytesMin || free < 4 * used) return;
  try {
    db.exec('VACUUM');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // No room for a copy, or a damaged table in the way: the file stays as large as it is, and is used again.
    if (isBroken(error) && !isDamage(error)) throw error;
  }
}
