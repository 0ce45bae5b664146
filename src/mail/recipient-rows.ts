// The recipients of a mailing, one after another, checked as far as can be before the first mail: a list, or what gives a
// list anew each time, whole; a stream as far as a few rows.
import { setTimeout as sleep } from 'node:timers/promises';
import { TelltaleError } from '../base/errors.ts';
import { recipientsLookedAt, recipientsLookMs } from '../base/limits.ts';
import { kindOf } from '../base/options.ts';
import { type MailRecipient, type ReadRecipient, readRecipient } from './read-recipient.ts';

type Rows = Iterable<MailRecipient> | AsyncIterable<MailRecipient>;

/** Recipients: a list, a stream, or a function that gives one, which is called twice so that all can be checked before. */
export type MailRecipients = Rows | (() => Rows);

/**
 * The recipients in order.
 *
 * @param lacking the names of merge fields that a recipient does not have.
 * @throws TelltaleError `MISSING_FIELDS`, `INVALID_OPTION`.
 */
export async function rowsOf(
  recipients: MailRecipients,
  lacking: (recipient: ReadRecipient) => readonly string[],
): Promise<AsyncGenerator<ReadRecipient, void, undefined>> {
  if (typeof recipients !== 'function' && !Array.isArray(recipients)) {
    const stream = read(checkRows(recipients));
    const first: ReadRecipient[] = [];
    const timer = new AbortController();
    const late = sleep(recipientsLookMs, undefined, { signal: timer.signal }).catch(() => undefined);
    let coming = stream.next();
    while (first.length < recipientsLookedAt) {
      const next = await Promise.race([coming, late]);
      if (next === undefined || next.done === true) break;
      first.push(next.value);
      coming = stream.next();
    }
    timer.abort();
    await check(first, lacking);
    return join(first, coming, stream);
  }
  const again = typeof recipients === 'function' ? recipients : () => recipients;
  await check(read(checkRows(again())), lacking);
  return read(checkRows(again()));
}

async function* read(rows: Rows): AsyncGenerator<ReadRecipient, void, undefined> {
  let row = 0;
  for await (const given of rows) {
    row += 1;
    yield readRecipient(given, row);
  }
}

async function* join(
  first: readonly ReadRecipient[],
  coming: Promise<IteratorResult<ReadRecipient, void>>,
  rest: AsyncGenerator<ReadRecipient, void, undefined>,
): AsyncGenerator<ReadRecipient, void, undefined> {
  yield* first;
  const next = await coming;
  if (next.done === true) return;
  yield next.value;
  yield* rest;
}

function checkRows(rows: unknown): Rows {
  const isRows = typeof rows === 'object' && rows !== null && (Symbol.iterator in rows || Symbol.asyncIterator in rows);
  if (isRows) return rows as Rows;
  throw new TelltaleError(
    'INVALID_OPTION',
    `recipients must be a list or a stream of { email }, but ${kindOf(rows)} came.`,
  );
}

/** Rows that are named in an error for each field, and fields that are there. */
const ROWS_NAMED = 5;
const FIELDS_NAMED = 20;

async function check(
  recipients: Iterable<ReadRecipient> | AsyncIterable<ReadRecipient>,
  lacking: (recipient: ReadRecipient) => readonly string[],
): Promise<void> {
  const rowsBy = new Map<string, { count: number; readonly first: number[] }>();
  let known: readonly string[] = [];
  for await (const recipient of recipients) {
    if (recipient.problem !== undefined) continue;
    for (const name of lacking(recipient)) {
      if (known.length === 0) known = Object.keys(recipient.fields).slice(0, FIELDS_NAMED);
      const rows = rowsBy.get(name) ?? { count: 0, first: [] };
      rowsBy.set(name, rows);
      rows.count += 1;
      if (rows.first.length < ROWS_NAMED) rows.first.push(recipient.row);
    }
  }
  if (rowsBy.size === 0) return;
  const fields = [...rowsBy].map(([name, { count, first }]) => {
    const more = count > first.length ? ` and ${count - first.length} more` : '';
    return `${name} (row ${first.join(', ')}${more})`;
  });
  throw new TelltaleError(
    'MISSING_FIELDS',
    `The mail needs fields that recipients do not have: ${fields.join('; ')}. There are ${known.join(', ')}. Add them, or give them a default in the mail: {{ name | default: "friend" }}. Nothing was sent.`,
  );
}
