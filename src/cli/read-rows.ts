// Reads the rows of a list of recipients, CSV with a line of names or NDJSON, as a stream: a list of any length takes little
// memory.
import { createReadStream, existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';

export interface FileRow {
  /** From 1; of a row of several lines the last. */
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RowsFile {
  readonly path: string;
  /** What the file is called in messages. */
  readonly name: string;
  /** The column that must be there once, and the property of each line of NDJSON. */
  readonly needed: string;
  /** What columns are called, by what stands in the first line, without blanks around it; what it throws ends the reading. */
  readonly columns: (names: readonly string[]) => string[];
  /** What may stand between columns of CSV; the first line tells which does. */
  readonly delimiters: readonly string[];
  /** What came of it when the list cannot be used, as a sentence. */
  readonly outcome: string;
}

/**
 * The rows of a file, in order.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`; `INVALID_RECIPIENTS` with file and line.
 */
export function readRows(file: RowsFile): AsyncGenerator<FileRow> {
  const { path, name } = file;
  if (!existsSync(path)) {
    throw new TelltaleError('FILE_NOT_FOUND', `There is no file ${name}. --recipients takes a .csv or .ndjson file.`);
  }
  return /\.(?:ndjson|jsonl)$/i.test(path) ? readNdjson(file) : readCsv(file);
}

/** The error of a list that cannot be used. */
export function refuseRow(
  { name, outcome }: Pick<RowsFile, 'name' | 'outcome'>,
  line: number,
  problem: string,
  cause?: unknown,
): TelltaleError {
  return new TelltaleError('INVALID_RECIPIENTS', `${name}:${line}: ${problem}. ${outcome}`, { cause });
}

async function* readCsv(file: RowsFile): AsyncGenerator<FileRow> {
  const delimiter = await delimiterOf(file);
  const columns = (names: string[]) => checkColumns(file, names);
  const records = parse({ bom: true, columns, delimiter, skip_empty_lines: true, info: true });
  const reading = pipeline(textBytes(file), records);
  reading.catch(() => undefined);
  try {
    for await (const { record, info } of records as AsyncIterable<CsvRecord>) {
      yield { line: info.lines, fields: record };
    }
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    throw new TelltaleError(
      'INVALID_RECIPIENTS',
      `${file.name} cannot be read as CSV: ${messageOf(error)}. Separate columns by commas, put quotes round a text that holds one, and double quotes in it.`,
      { cause: error },
    );
  }
}

interface CsvRecord {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/** Bytes in which the line of names stands. */
const FIRST_LINE_BYTES = 65_536;

/** What stands most often in the first line, outside quotes. */
async function delimiterOf({ path, delimiters }: RowsFile): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(FIRST_LINE_BYTES) });
    const line = (buffer.toString('utf8', 0, bytesRead).split(/\r?\n/)[0] ?? '').replace(/"(?:[^"]|"")*"/g, '');
    const counts = delimiters.map((sign) => ({ sign, count: line.split(sign).length }));
    return counts.reduce((best, one) => (one.count > best.count ? one : best)).sign;
  } finally {
    await file.close();
  }
}

/** UTF-16, which csv-parse reads by its byte order mark; no byte of it stands in UTF-8. */
const UTF_16 = Buffer.from([0xff, 0xfe]);

/** The bytes of the file, which must be text: who reads them would put a sign of its own for whatever is none. */
async function* textBytes({ path, name, outcome }: RowsFile): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isUtf16: boolean | undefined;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      isUtf16 ??= chunk.subarray(0, UTF_16.length).equals(UTF_16);
      if (!isUtf16 && decoder.decode(chunk, { stream: true }).includes('\0'))
        throw new TypeError('it holds zero bytes');
      yield chunk;
    }
    decoder.decode();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new TelltaleError(
      'INVALID_RECIPIENTS',
      `${name} should be text in UTF-8, but it is something else. Save it as "CSV UTF-8", or convert it, for example: iconv -f windows-1252 -t utf-8. ${outcome}`,
      { cause },
    );
  }
}

function checkColumns(file: RowsFile, names: readonly string[]): string[] {
  const { needed } = file;
  const columns = file.columns(names.map((name) => name.trim()));
  const count = columns.filter((column) => column === needed).length;
  if (count === 1) return columns;
  if (count > 1) throw refuseRow(file, 1, `the first line must name one column "${needed}", but it names ${count}`);
  const came = columns.map(quote).join(', ') || 'nothing';
  throw refuseRow(file, 1, `the first line must name a column "${needed}", but it names ${came}`);
}

async function* readNdjson(file: RowsFile): AsyncGenerator<FileRow> {
  let line = 0;
  const lines = createInterface({ input: Readable.from(textBytes(file)), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    line += 1;
    if (text.trim() !== '') yield { line, fields: fieldsIn(file, line, text) };
  }
}

function fieldsIn(file: RowsFile, line: number, text: string): FileRow['fields'] {
  const { needed } = file;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuseRow(file, line, `it is not JSON; each line must be like { "${needed}": "…" }`, cause);
  }
  if (typeof value === 'object' && value !== null && needed in value) return value as FileRow['fields'];
  const names = typeof value === 'object' && value !== null ? Object.keys(value).map(quote).join(', ') : typeof value;
  throw refuseRow(file, line, `each line needs "${needed}", but this one has ${names || 'nothing'}`);
}
