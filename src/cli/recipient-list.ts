// A list of recipients is read twice: once to check all of it, once to write. Between the two only 16 bytes of hash are
// kept of each row, which find a row that stands twice and a list that changes under our hands.
import { hash } from 'node:crypto';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';

export interface RecipientList {
  readonly count: number;
  /**
   * The recipients once more.
   *
   * @throws TelltaleError `INVALID_RECIPIENTS` at the first row that is not what it was.
   */
  again(): AsyncGenerator<string>;
}

export interface ListCheck {
  /** What the list is called in messages. */
  readonly name: string;
  /** Whether a recipient may stand in it only once. */
  readonly isUnique: boolean;
  /** Called for each recipient; what it throws ends the reading. */
  readonly check: (recipient: string) => void;
}

/**
 * Reads the whole list and checks it.
 *
 * @throws TelltaleError `INVALID_RECIPIENTS`, and what reading and `check` throw.
 */
export async function checkRecipients(
  read: () => AsyncIterable<string>,
  { name, isUnique, check }: ListCheck,
): Promise<RecipientList> {
  const hashes = createHashList();
  const seen = new Set<string>();
  for await (const recipient of read()) {
    const found = hashOf(recipient);
    if (isUnique && seen.has(found)) {
      throw new TelltaleError(
        'INVALID_RECIPIENTS',
        `The recipient ${quote(recipient)} stands twice in ${name}. Nothing was written.`,
      );
    }
    if (isUnique) seen.add(found);
    hashes.push(found);
    check(recipient);
  }
  seen.clear();

  async function* again(): AsyncGenerator<string> {
    let row = 0;
    let isSame = true;
    try {
      for await (const recipient of read()) {
        isSame = hashes.at(row) === hashOf(recipient);
        if (!isSame) break;
        row += 1;
        yield recipient;
      }
    } catch (error) {
      throw error instanceof TelltaleError ? changed(name, row, error) : error;
    }
    if (!isSame || row < hashes.count()) throw changed(name, row);
  }

  return { count: hashes.count(), again };
}

function changed(name: string, row: number, cause?: TelltaleError): TelltaleError {
  const why = cause === undefined ? `recipient ${row + 1} is not what it was` : messageOf(cause);
  return new TelltaleError(
    'INVALID_RECIPIENTS',
    `${name} was changed while it was worked on (${why}). Start again when nothing writes to it.`,
    cause === undefined ? {} : { cause },
  );
}

/** 16 bytes of SHA-256, a character each. */
function hashOf(recipient: string): string {
  return hash('sha256', recipient, 'buffer').toString('latin1', 0, HASH_BYTES);
}

const HASH_BYTES = 16;

/** Hashes in order, in one piece of memory: a string each would take three times as much. */
function createHashList() {
  let bytes = Buffer.alloc(HASH_BYTES * 1_024);
  let length = 0;
  return {
    count: () => length,
    push(text: string): void {
      if ((length + 1) * HASH_BYTES > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
      bytes.write(text, length * HASH_BYTES, 'latin1');
      length += 1;
    },
    at: (index: number) =>
      index < length ? bytes.toString('latin1', index * HASH_BYTES, (index + 1) * HASH_BYTES) : undefined,
  };
}
