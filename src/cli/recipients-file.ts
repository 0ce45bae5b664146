// Reads a list of recipients, CSV with a `recipient` column or NDJSON, as a stream: a list of any length takes little
// memory. Every row is checked; the first that is wrong ends the reading with its line.
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { idProblem, quote } from '../base/ids.ts';

/**
 * The recipients of a file, in order.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`, `INVALID_RECIPIENTS` with file and line.
 */
export async function* readRecipients(path: string): AsyncGenerator<string> {
  if (!existsSync(path)) {
    throw new TelltaleError('FILE_NOT_FOUND', `There is no file ${path}. --recipients takes a .csv or .ndjson file.`);
  }
  const rows = /\.(?:ndjson|jsonl)$/i.test(path) ? readNdjson(path) : readCsv(path);
  let count = 0;
  for await (const { line, recipient } of rows) {
    const problem = idProblem(recipient);
    if (problem !== undefined)
      throw refuse(path, line, `a recipient id has 1 to 128 bytes without control characters, but ${problem}`);
    count += 1;
    yield recipient as string;
  }
  if (count === 0) throw refuse(path, 1, 'the file holds no recipient');
}

interface Row {
  readonly line: number;
  readonly recipient: unknown;
}

async function* readCsv(path: string): AsyncGenerator<Row> {
  const records = createReadStream(path).pipe(
    parse({ bom: true, columns: (names: string[]) => checkColumns(path, names), skip_empty_lines: true, info: true }),
  );
  try {
    for await (const { record, info } of records as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      yield { line: info.lines, recipient: record.recipient };
    }
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    throw new TelltaleError(
      'INVALID_RECIPIENTS',
      `${path} cannot be read as CSV: ${messageOf(error)}. Separate columns by commas, put quotes round a text that holds one, and double quotes in it.`,
      { cause: error },
    );
  }
}

function checkColumns(path: string, names: readonly string[]): string[] {
  const trimmed = names.map((name) => name.trim());
  const count = trimmed.filter((name) => name === 'recipient').length;
  if (count === 1) return trimmed;
  if (count > 1) throw refuse(path, 1, `the first line must name one column "recipient", but it names ${count}`);
  throw refuse(
    path,
    1,
    `the first line must name a column "recipient", but it names ${trimmed.map(quote).join(', ') || 'nothing'}`,
  );
}

async function* readNdjson(path: string): AsyncGenerator<Row> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() !== '') yield { line, recipient: recipientIn(path, line, text) };
  }
}

function recipientIn(path: string, line: number, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(path, line, 'it is not JSON; each line must be like { "recipient": "r1" }');
  }
  if (typeof value === 'object' && value !== null && 'recipient' in value) return value.recipient;
  const names = typeof value === 'object' && value !== null ? Object.keys(value).map(quote).join(', ') : typeof value;
  throw refuse(path, line, `each line needs "recipient", but this one has ${names || 'nothing'}`);
}

function refuse(path: string, line: number, problem: string): TelltaleError {
  return new TelltaleError('INVALID_RECIPIENTS', `${path}:${line}: ${problem}. Nothing was written.`);
}
