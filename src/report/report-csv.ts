// CSV that a spreadsheet shows and does not run: cells that would be formulas are quoted out.
import { stringify } from 'csv-stringify/sync';
import type { FlatRow } from './report-rows.ts';

/** Rows under a header of all their columns, in order of appearance. */
export function toCsv(rows: readonly FlatRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return stringify([...rows], { header: true, columns, escape_formulas: true });
}
