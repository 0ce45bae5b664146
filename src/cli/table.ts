// Tables: drawn for a person at a terminal, tab-separated when piped.
import Table from 'cli-table3';
import { type Io, writeOut } from './io.ts';
import { printable } from './terminal.ts';

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Prints rows under their column names; columns named in `right` align right. */
export async function printTable(
  io: Io,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): Promise<void> {
  const clean = rows.map((row) => row.map(printable));
  const head = columns.map(printable);
  if (io.stdout.isTTY !== true) {
    await writeOut(io, `${[head, ...clean].map((row) => row.join('\t')).join('\n')}\n`);
    return;
  }
  const table = new Table({
    head,
    chars: PLAIN,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: columns.map((column) => (right.includes(column) ? 'right' : 'left')),
  });
  for (const row of clean) table.push([...row]);
  await writeOut(io, `${table.toString()}\n`);
}
