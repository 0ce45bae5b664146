// Writes to the store in transactions that never wait for anything: statements prepared once, texts by their numbers.
import Database from 'better-sqlite3';
import type { Kysely } from 'kysely';
import { messageOf, TelltaleError } from '../base/errors.ts';
import type { Verdict } from '../base/nouns.ts';
import { COUNT_LABELS, codeOf } from './codes.ts';
import { Dictionary } from './dictionary.ts';
import { type HotStatements, prepareHotStatements, type VerdictColumns } from './hot-statements.ts';
import { OwnRuleRows } from './own-rule-rows.ts';
import { findRecipientKeys, hashUnder, lookUpRecipientKey, type RecipientHash } from './recipient-keys.ts';
import type { Tables } from './tables.ts';

/** A message by its id; one not seen before is made as of a time. */
interface MessageEntry {
  readonly id: string;
  readonly atMs: number;
}

/** A text that came with a hit of a UTC day. */
interface Signal {
  readonly text: string;
  readonly day: number;
}

export class Writer {
  readonly statements: HotStatements;
  /** Destinations and domains. */
  readonly texts: Dictionary<string>;
  /** User agents and methods, which go when no event has them any more (retain-rows.ts). */
  readonly signals: Dictionary<Signal>;
  readonly messages: Dictionary<MessageEntry>;
  readonly verdicts: Dictionary<Verdict>;
  readonly ownRules: OwnRuleRows;
  readonly #sqlite: Database.Database;
  readonly #db: Kysely<Tables>;
  readonly #hash: RecipientHash;
  /** Another number after each write of another connection. */
  readonly #foreignWrites: Database.Statement<[], number>;
  #seenWrites: number | undefined;

  constructor(sqlite: Database.Database, db: Kysely<Tables>) {
    this.#sqlite = sqlite;
    this.#db = db;
    const statements = prepareHotStatements(sqlite, db);
    const added = (result: Database.RunResult) => Number(result.lastInsertRowid);
    this.statements = statements;
    this.ownRules = new OwnRuleRows(statements);
    this.texts = new Dictionary({
      nameOf: (text) => text,
      find: (text) => statements.findText.get(text),
      add: (text) => given(statements.addText.get(text)),
    });
    this.signals = new Dictionary({
      nameOf: ({ text, day }) => `${day} ${text}`,
      find: ({ text, day }) => statements.findSignal.get(text, day),
      add: ({ text, day }) => given(statements.addSignal.get(text, day)),
    });
    this.messages = new Dictionary({
      nameOf: ({ id }) => id,
      find: ({ id }) => statements.findMessage.get(id),
      add: ({ id, atMs }) => added(statements.addMessage.run(id, atMs)),
    });
    this.verdicts = new Dictionary({
      nameOf: (verdict) => verdictColumns(verdict).join(' '),
      find: (verdict) => statements.findVerdict.get(...verdictColumns(verdict)),
      add: (verdict) => added(statements.addVerdict.run(...verdictColumns(verdict))),
    });
    const secret = sqlite.prepare<[], Buffer>("SELECT secret FROM secrets WHERE name = 'recipients'").pluck().get();
    if (secret === undefined) throw new Error('the key for recipients is missing');
    this.#hash = hashUnder(secret);
    this.#foreignWrites = sqlite.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /**
   * Runs `work` in one transaction, when every other use of the connection has ended.
   *
   * @throws TelltaleError `REFUSED_HITS` when the store could never take what `work` wrote, however often it tried.
   */
  async transaction<T>(work: () => T): Promise<T> {
    const transaction = this.#sqlite.transaction(() => {
      const writes = this.#foreignWrites.get();
      // Another process may have removed what a number stood for.
      if (writes !== this.#seenWrites) this.forget();
      this.#seenWrites = writes;
      return work();
    });
    return await this.#db.connection().execute(async () => {
      try {
        return transaction.immediate();
      } catch (error) {
        this.forget();
        if (!isRefusal(error)) throw error;
        throw new TelltaleError('REFUSED_HITS', `The store cannot take this: ${messageOf(error)}`, { cause: error });
      }
    });
  }

  /** Runs `work`, which only reads, when every other use of the connection has ended. */
  async read<T>(work: () => T): Promise<T> {
    return await this.#db.connection().execute(async () => work());
  }

  /** Forgets the numbers it knows: what they stand for may be gone. */
  forget(): void {
    for (const dictionary of [this.texts, this.signals, this.messages, this.verdicts]) dictionary.forget();
    this.ownRules.forget();
  }

  /** Within a transaction: the key of each recipient, in the order of the keys. */
  recipientKeys(ids: Iterable<string>): ReadonlyMap<string, Buffer> {
    return findRecipientKeys(ids, this.#hash, this.statements.recipients);
  }

  /** The key of a recipient; nothing when the store has none. Writes nothing. */
  recipientKey(id: string): Buffer | undefined {
    return lookUpRecipientKey(id, this.#hash, this.statements.recipients);
  }
}

/** The number that a statement always gives. */
function given(key: number | undefined): number {
  if (key === undefined) throw new Error('the store gave no number');
  return key;
}

function verdictColumns({ label, confidence, reasons, rulesVersion }: Verdict): VerdictColumns {
  return [codeOf(COUNT_LABELS, label), confidence, reasons.join(' '), rulesVersion];
}

/** Whether it is the values that do not fit, and not the store that is in no state to take them. */
function isRefusal(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  return error instanceof Database.SqliteError && /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG|RANGE)/.test(error.code);
}
