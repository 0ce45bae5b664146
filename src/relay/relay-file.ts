// What a sender without a database keeps beside it: sends that the collector has not taken yet, and who gets no mail. SQLite,
// like the journal; a send is on disk before it counts as recorded.
import Database from 'better-sqlite3';
import { messageOf, TelltaleError } from '../base/errors.ts';
import type { SuppressionReason } from '../base/nouns.ts';
import type { MailLink } from '../track/compile-mail.ts';
import type { Send } from '../track/send-queue.ts';

/** "TTRL": tells it from any other SQLite file. */
const APPLICATION_ID = 0x5454524c;

/** A link as reports name it. */
export type NamedLink = Pick<MailLink, 'index' | 'destination' | 'name' | 'merged'>;

/** What is to be told to the collector. */
export type Told =
  | { readonly kind: 'send'; readonly send: Send }
  | { readonly kind: 'links'; readonly links: readonly NamedLink[] };

/** Things of one kind and message, in order, that go in one request. */
export interface Batch {
  readonly message: string;
  readonly told: readonly Told[];
  /** The place of the last. */
  readonly through: number;
}

export interface RelayFile {
  add(message: string, told: readonly Told[]): void;
  /** The first things that wait; nothing when none does. */
  first(limit: number): Batch | undefined;
  remove(through: number): void;
  waiting(): number;
  /** Who gets no mail, all of them, as the collector said at a time. */
  keepSuppressed(suppressed: Iterable<readonly [recipient: string, reason: SuppressionReason]>, atMs: number): void;
  suppressionOf(recipient: string): SuppressionReason | undefined;
  /** When that was known last; nothing when it never was. */
  suppressedAtMs(): number | undefined;
  close(): void;
}

/**
 * Opens the file, made when there is none.
 *
 * @throws TelltaleError `INVALID_DATABASE`.
 */
export function openRelayFile(path: string): RelayFile {
  const db = open(path);
  const insert = db.prepare<[string, string, string]>('INSERT INTO told (message, kind, body) VALUES (?, ?, ?)');
  const read = db.prepare<[number], Row>('SELECT place, message, kind, body FROM told ORDER BY place LIMIT ?');
  const drop = db.prepare<[number]>('DELETE FROM told WHERE place <= ?');
  const count = db.prepare<[], number>('SELECT count(*) FROM told').pluck();
  const forget = db.prepare('DELETE FROM suppressed');
  const suppress = db.prepare<[string, string]>('INSERT OR REPLACE INTO suppressed VALUES (?, ?)');
  const suppressed = db
    .prepare<[string], SuppressionReason>('SELECT reason FROM suppressed WHERE recipient = ?')
    .pluck();
  const setAsked = db.prepare<[number]>('INSERT OR REPLACE INTO asked VALUES (1, ?)');
  const asked = db.prepare<[], number>('SELECT at_ms FROM asked').pluck();
  return {
    add: db.transaction((message, told) => {
      for (const one of told) insert.run(message, one.kind, JSON.stringify(one.kind === 'send' ? one.send : one.links));
    }),
    first(limit) {
      const rows = read.all(limit);
      const [head] = rows;
      if (head === undefined) return undefined;
      const end = rows.findIndex(({ message, kind }) => message !== head.message || kind !== head.kind);
      const batch = end < 0 ? rows : rows.slice(0, end);
      return { message: head.message, told: batch.map(toTold), through: batch.at(-1)?.place ?? head.place };
    },
    remove: (through) => void drop.run(through),
    waiting: () => count.get() ?? 0,
    keepSuppressed: db.transaction((all, atMs) => {
      forget.run();
      for (const [recipient, reason] of all) suppress.run(recipient, reason);
      setAsked.run(atMs);
    }),
    suppressionOf: (recipient) => suppressed.get(recipient),
    suppressedAtMs: () => asked.get(),
    close: () => void db.close(),
  };
}

interface Row {
  readonly place: number;
  readonly message: string;
  readonly kind: Told['kind'];
  readonly body: string;
}

function toTold({ kind, body }: Row): Told {
  return kind === 'send' ? { kind, send: JSON.parse(body) as Send } : { kind, links: JSON.parse(body) as NamedLink[] };
}

function open(path: string): Database.Database {
  try {
    const db = new Database(path);
    const id = db.pragma('application_id', { simple: true });
    const isNew = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
    if (id !== APPLICATION_ID && !isNew) {
      db.close();
      throw new Error('it is another kind of file');
    }
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    // What the collector has is nobody's to read here.
    db.pragma('secure_delete = ON');
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.exec(`
      CREATE TABLE IF NOT EXISTS told (place INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS suppressed (recipient TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS asked (one INTEGER PRIMARY KEY CHECK (one = 1), at_ms INTEGER NOT NULL);
    `);
    return db;
  } catch (error) {
    throw new TelltaleError(
      'INVALID_DATABASE',
      `${path} cannot be used to keep what the collector has not taken yet: ${messageOf(error)}. Name another directory.`,
      { cause: error },
    );
  }
}
