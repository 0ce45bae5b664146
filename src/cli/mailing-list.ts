// The list of a mailing: a column `email`, and others as fields to merge; `recipient`, `name` and `consent` have a meaning of
// their own. Blanks in the name of a column become `_`, since a merge field can hold none. Spreadsheets separate columns by
// semicolons and tabs, too.
import { quote } from '../base/ids.ts';
import type { MailRecipient } from '../mail/read-recipient.ts';
import { readRows, refuseRow } from './read-rows.ts';

/**
 * The recipients of a file, in order; what is wrong with one alone is left to who sends.
 *
 * @param name what the file is called in messages.
 * @param onLine told of each row on which line of the file it ends.
 * @throws TelltaleError `FILE_NOT_FOUND`, `INVALID_RECIPIENTS`.
 */
export async function* readMailingList(
  path: string,
  name: string,
  onLine?: (line: number) => void,
): AsyncGenerator<MailRecipient> {
  const file = { path, name, needed: 'email', columns, delimiters: [',', ';', '\t'], outcome: 'Nothing was sent.' };
  for await (const { fields, line } of readRows(file)) {
    onLine?.(line);
    const { consent, ...row } = fields;
    // One word stands for both.
    const levels = typeof consent === 'string' && consent !== '' ? { opens: consent, clicks: consent } : consent;
    yield { ...row, ...(levels !== undefined && levels !== '' && { consent: levels }) } as MailRecipient;
  }

  function columns(names: readonly string[]): string[] {
    const known = names.map(columnName);
    const twice = known.find((column, place) => column !== '' && known.indexOf(column) !== place);
    if (twice === undefined) return known;
    throw refuseRow(file, 1, `the first line names the column ${quote(twice)} twice`);
  }
}

const SPECIAL: ReadonlySet<string> = new Set(['email', 'recipient', 'name', 'consent']);

function columnName(text: string): string {
  const name = text.replace(/\s+/g, '_');
  return SPECIAL.has(name.toLowerCase()) ? name.toLowerCase() : name;
}
