// The list of a mailing: CSV with a line of names, or NDJSON, as a stream. What separates columns is read off the first line.
import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import type { MailRecipient } from '../mail/read-recipient.ts';

/**
 * The recipients of a file: a column `email`, others as fields to merge, `recipient`, `name` and `consent` with a meaning
 * of their own. Blanks in the name of a column become `_`.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`, `INVALID_RECIPIENTS`.
 */
export async function* readMailingList(path: string, name: string): AsyncGenerator<MailRecipient> {
  if (!existsSync(path)) {
    throw new TelltaleError('FILE_NOT_FOUND', `There is no file ${name}. --recipients takes a .csv or .ndjson file.`);
  }
  const rows = /\.(?:ndjson|jsonl)$/i.test(path) ? readNdjson(path, name) : readCsv(path, name);
  for await (const { consent, ...row } of rows) {
    // One word stands for both.
    const levels = typeof consent === 'string' && consent !== '' ? { opens: consent, clicks: consent } : consent;
    yield { ...row, ...(levels !== undefined && levels !== '' && { consent: levels }) } as MailRecipient;
  }
}

type Row = Readonly<Record<string, unknown>>;

async function* readCsv(path: string, name: string): AsyncGenerator<Row> {
  const delimiter = await delimiterOf(path);
  const columns = (names: string[]) => checkColumns(name, names);
  const records = createReadStream(path).pipe(parse({ bom: true, columns, delimiter, skip_empty_lines: true }));
  try {
    for await (const record of records as AsyncIterable<Row>) yield record;
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    throw refuse(
      name,
      `it cannot be read as CSV: ${messageOf(error)}. Put quotes round a text that holds the separator, and double quotes in it`,
      error,
    );
  }
}

/** Bytes in which the line of names stands. */
const FIRST_LINE_BYTES = 65_536;

/** What stands most often in the first line, outside quotes: a comma, a semicolon or a tab. */
async function delimiterOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(FIRST_LINE_BYTES) });
    const line = (buffer.toString('utf8', 0, bytesRead).split(/\r?\n/)[0] ?? '').replace(/"(?:[^"]|"")*"/g, '');
    const counts = [',', ';', '\t'].map((sign) => ({ sign, count: line.split(sign).length }));
    return counts.reduce((best, one) => (one.count > best.count ? one : best)).sign;
  } finally {
    await file.close();
  }
}

function checkColumns(file: string, names: readonly string[]): string[] {
  const trimmed = names.map((name) => name.trim().replace(/\s+/g, '_'));
  const known = trimmed.map((name) => (SPECIAL.has(name.toLowerCase()) ? name.toLowerCase() : name));
  const twice = known.find((name, place) => name !== '' && known.indexOf(name) !== place);
  if (twice !== undefined) throw refuse(file, `the first line names the column ${quote(twice)} twice`);
  if (known.includes('email')) return known;
  const came = known.map(quote).join(', ');
  throw refuse(file, `the first line must name a column "email", but it names ${came || 'nothing'}`);
}

const SPECIAL: ReadonlySet<string> = new Set(['email', 'recipient', 'name', 'consent']);

async function* readNdjson(path: string, name: string): AsyncGenerator<Row> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    if (text.trim() !== '') yield rowOf(text, `${name}:${line}`);
  }
}

function rowOf(text: string, place: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(place, 'it is not JSON; each line must be like { "email": "ann@example.com" }', error);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Row;
  throw refuse(place, 'each line must be an object like { "email": "ann@example.com" }');
}

function refuse(place: string, problem: string, cause?: unknown): TelltaleError {
  return new TelltaleError('INVALID_RECIPIENTS', `${place}: ${problem}.`, { cause });
}
