// `telltale report MESSAGE --who … --not …`: an audience as the next mailing's list, page by page: ids, CSV, NDJSON, or the
// rows of a list of your own that are in it.
import { resolve } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { TelltaleError } from '../base/errors.ts';
import { pageRowsMax } from '../base/limits.ts';
import { type AudienceRow, audienceTable, listAudience } from '../report/list-audience.ts';
import { toCsv } from '../report/report-csv.ts';
import type { ReportSource } from '../report/report-source.ts';
import { type Io, writeOut } from './io.ts';
import { readMailingList } from './mailing-list.ts';
import type { Settings } from './settings.ts';

export interface AudienceFlags {
  readonly who?: readonly string[];
  readonly not?: readonly string[];
  readonly machines?: boolean;
  readonly recipients?: string;
  readonly csv?: boolean;
}

/**
 * Prints the audience.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`, `INVALID_OPTION`, `FILE_NOT_FOUND`, `INVALID_RECIPIENTS`.
 */
export async function printAudience(
  store: ReportSource,
  message: string,
  flags: AudienceFlags,
  { settings, io }: { readonly settings: Settings; readonly io: Io },
): Promise<void> {
  const pages = audiencePages(store, message, flags);
  if (flags.recipients !== undefined) return printRowsOf(flags.recipients, pages, { settings, io });
  let isFirst = true;
  for await (const items of pages) {
    if (settings.json) await writeOut(io, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
    else if (flags.csv === true) await writeOut(io, toCsv(audienceTable(items), isFirst));
    else await writeOut(io, items.map(({ recipient }) => `${recipient}\n`).join(''));
    isFirst = false;
  }
}

async function* audiencePages(
  store: ReportSource,
  message: string,
  { who, not, machines }: AudienceFlags,
): AsyncGenerator<readonly AudienceRow[]> {
  let cursor: string | null = null;
  do {
    const of = { message, who: who?.join(','), not: not?.join(','), machines };
    const page: Awaited<ReturnType<typeof listAudience>> = await listAudience(store, {
      ...of,
      cursor,
      limit: pageRowsMax,
    });
    yield page.items;
    cursor = page.next;
  } while (cursor !== null);
}

/** The rows of a list whose recipient is in the audience, with all their columns: `send` takes them as they are. */
async function printRowsOf(
  file: string,
  pages: AsyncIterable<readonly AudienceRow[]>,
  { settings, io }: { readonly settings: Settings; readonly io: Io },
): Promise<void> {
  const ids = new Set<string>();
  for await (const items of pages) for (const { recipient } of items) ids.add(recipient);
  let columns: readonly string[] | undefined;
  for await (const row of readMailingList(resolve(io.cwd, file), file)) {
    const { consent, ...fields } = row;
    if (!ids.has(String(row.recipient || row.email))) continue;
    if (settings.json) {
      await writeOut(io, `${JSON.stringify(row)}\n`);
      continue;
    }
    if (consent !== undefined && consent.opens !== consent.clicks) {
      throw new TelltaleError('USAGE', `${file} has consent that no CSV can say. Add --json for NDJSON.`);
    }
    const cells: Readonly<Record<string, unknown>> = { ...fields, ...(consent && { consent: consent.opens }) };
    const isFirst = columns === undefined;
    columns ??= Object.keys(cells);
    await writeOut(io, stringify([cells], { header: isFirst, columns: [...columns], escape_formulas: true }));
  }
}
