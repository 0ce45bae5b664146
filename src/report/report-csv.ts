// CSV that a spreadsheet shows and does not run: cells that would be formulas are quoted out.
import { stringify } from 'csv-stringify/sync';
import type { FlatTable } from './report-rows.ts';

/** Rows under a header of those columns, or the next rows of a table that has its header already. */
export function toCsv({ columns, rows }: FlatTable, hasHeader = true): string {
  return stringify([...rows], { header: hasHeader, columns: [...columns], escape_formulas: true });
}
