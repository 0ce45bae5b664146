// Reads a list of recipients for `rewrite`: CSV with a `recipient` column, or NDJSON. Every row is checked; the first that is
// wrong ends the reading with its line.
import { idProblem } from '../base/ids.ts';
import { readRows, refuseRow } from './read-rows.ts';

/**
 * The recipients of a file, in order.
 *
 * @throws TelltaleError `FILE_NOT_FOUND`, `INVALID_RECIPIENTS` with file and line.
 */
export async function* readRecipients(path: string): AsyncGenerator<string> {
  const columns = (names: readonly string[]) => [...names];
  const file = { path, name: path, needed: 'recipient', columns, delimiters: [','], outcome: 'Nothing was written.' };
  let count = 0;
  for await (const { line, fields } of readRows(file)) {
    const { recipient } = fields;
    const problem = idProblem(recipient);
    if (problem !== undefined)
      throw refuseRow(file, line, `a recipient id has 1 to 128 bytes without control characters, but ${problem}`);
    count += 1;
    yield recipient as string;
  }
  if (count === 0) throw refuseRow(file, 1, 'the file holds no recipient');
}
