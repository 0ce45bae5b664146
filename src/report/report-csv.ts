// CSV that a spreadsheet shows and does not run: cells that would be formulas are quoted out.
import { stringify } from 'csv-stringify/sync';
import type { FlatTable } from './report-rows.ts';

/** Rows under a header of those columns. */
export function toCsv({ columns, rows }: FlatTable): string {
  return stringify([...rows], { header: true, columns: [...columns], escape_formulas: true });
}
