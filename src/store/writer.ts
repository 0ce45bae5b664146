// Writes to the store in transactions that never wait for anything: statements prepared once, texts by their numbers.
import { messageOf, TelltaleError } from '../base/errors.ts';
import type { Verdict } from '../base/nouns.ts';
import { COUNT_LABELS, codeOf } from './codes.ts';
import { Dictionary } from './dictionary.ts';
import { type HotStatements, prepareHotStatements, type VerdictColumns } from './hot-statements.ts';
import { OwnRuleRows } from './own-rule-rows.ts';
import {
  addRecipients,
  chooseRecipientKeys,
  findRecipientKeys,
  hashUnder,
  lookUpRecipientKey,
  type RecipientHash,
  type RecipientKeys,
} from './recipient-keys.ts';
import type { Bearing, Errand, Sql } from './sql.ts';

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
  readonly #database: Sql;
  readonly #hash: RecipientHash;
  #epoch: number | undefined;

  constructor(database: Sql, secret: Buffer) {
    this.#database = database;
    const statements = prepareHotStatements(database);
    this.statements = statements;
    this.ownRules = new OwnRuleRows(statements);
    this.texts = new Dictionary({
      nameOf: (text) => text,
      find: (texts) => statements.findText.gets(texts.map((text) => [text])),
      add: (texts) => statements.addText.gets(texts.map((text) => [text])),
    });
    this.signals = new Dictionary({
      nameOf: ({ text, day }) => `${text} ${day}`,
      find: (signals) => statements.findSignal.gets(signals.map(({ text, day }) => [text, day])),
      add: (signals) => statements.addSignal.gets(signals.map(({ text, day }) => [text, day])),
    });
    this.messages = new Dictionary({
      nameOf: ({ id }) => id,
      find: (messages) => statements.findMessage.gets(messages.map(({ id }) => [id])),
      add: (messages) => statements.addMessage.gets(messages.map(({ id, atMs }) => [id, atMs])),
    });
    this.verdicts = new Dictionary({
      nameOf: (verdict) => verdictColumns(verdict).join(' '),
      find: (verdicts) => statements.findVerdict.gets(verdicts.map(verdictColumns)),
      add: (verdicts) => statements.addVerdict.gets(verdicts.map(verdictColumns)),
    });
    this.#hash = hashUnder(secret);
  }

  /**
   * Runs `work` in one transaction, when every other use of the connection has ended.
   *
   * @throws TelltaleError `REFUSED_HITS` when the store could never take what `work` wrote, however often it tried.
   */
  async transaction<T>(work: () => T, bearing?: Bearing): Promise<T> {
    return await this.#attempt((begin) =>
      this.#database.write(() => {
        begin();
        return work();
      }, bearing),
    );
  }

  /** Within a transaction: makes messages that are not there, which whoever is in turn may make, too. */
  makeMessages(entries: readonly MessageEntry[]): void {
    if (!this.messages.has(entries)) this.#database.mustBeInTurn();
    this.messages.readAhead(entries);
  }

  /** The same in two parts: `prepare` runs beside other writers where that can be, `finish` does not (sql.ts). */
  async beside<Prepared, T>(
    prepare: () => Prepared,
    finish: (prepared: Prepared, mustJudgeAgain: boolean) => T,
  ): Promise<T> {
    return await this.#attempt((begin) =>
      this.#database.writeBeside(() => {
        begin();
        return prepare();
      }, finish),
    );
  }

  /** `begin` is called at the beginning of each try. */
  async #attempt<T>(run: (begin: () => void) => Promise<T>): Promise<T> {
    let tries = 0;
    try {
      return await run(() => {
        const epoch = this.#database.epoch();
        tries += 1;
        // Another process may have removed what a number stood for, and a try that was taken back has given some out.
        if (epoch !== this.#epoch || tries > 1) this.forget();
        this.#epoch = epoch;
      });
    } catch (error) {
      this.forget();
      if (!isRefusal(error)) throw error;
      throw new TelltaleError('REFUSED_HITS', `The store cannot take this: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Runs `work`, which only reads, when every other use of the connection has ended. */
  async read<T>(work: () => T): Promise<T> {
    return await this.#database.read(work);
  }

  /** Within a transaction: makes room for events of these times. */
  makeRoom(times: Iterable<number>): void {
    this.#database.makeRoom(times);
  }

  /** Within a transaction: drops whole months of events before an id, where they lie in months. */
  dropMonths(before: Buffer): { readonly rows: number; readonly through: Buffer } | undefined {
    const dropped = this.#database.dropMonths(before);
    if (dropped !== undefined) this.forgetEverywhere();
    return dropped;
  }

  /** Within a transaction that removes what numbers stand for: nobody goes on by what they knew. */
  forgetEverywhere(): void {
    this.#database.endEpoch();
    this.forget();
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

  /** Within `prepare`: whether nobody else is at this; who asks is, until its transaction ends. */
  isAlone(at: Errand): boolean {
    return this.#database.isAlone(at);
  }

  /** The key of each recipient, also of those that have none yet. Writes nothing. */
  chooseRecipients(ids: Iterable<string>): RecipientKeys {
    return chooseRecipientKeys(ids, this.#hash, this.statements.recipients);
  }

  /** Within a transaction: adds those that were found missing. */
  addRecipients(missing: RecipientKeys['missing']): void {
    addRecipients(missing, this.statements.recipients);
  }

  /** The key of a recipient; nothing when the store has none. Writes nothing. */
  recipientKey(id: string): Buffer | undefined {
    return lookUpRecipientKey(id, this.#hash, this.statements.recipients);
  }
}

function verdictColumns({ label, confidence, reasons, rulesVersion }: Verdict): VerdictColumns {
  return [codeOf(COUNT_LABELS, label), confidence, reasons.join(' '), rulesVersion];
}

/** Whether it is the values that do not fit, and not the store that is in no state to take them. */
function isRefusal(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  if (!(error instanceof Error) || !('code' in error)) return false;
  // SQLite's, and the classes "data exception" and "integrity constraint violation" of PostgreSQL.
  return /^(?:SQLITE_(?:CONSTRAINT(?!_TRIGGER)|MISMATCH|TOOBIG|RANGE)|22...$|23...$)/.test(String(error.code));
}
