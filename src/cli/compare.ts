// `telltale compare A B`: two messages side by side, with how far their rates are apart and how sure that is.
import { type Comparison, compareMessages, comparisonRows, type Difference } from '../report/compare-messages.ts';
import { toCsv } from '../report/report-csv.ts';
import { comparedLines, drawComparison } from './draw-comparison.ts';
import { type Io, say, writeOut } from './io.ts';
import { number, percent, percentRange } from './percent.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';
import { printable, terminalOf } from './terminal.ts';

export interface CompareFlags extends CommonFlags {
  readonly csv?: boolean;
}

/** Runs the command. */
export async function compare(a: string, b: string, flags: CompareFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const compared = await withStore(settings, { migrate: false }, (store) => compareMessages(store, { a, b }));
  if (settings.json) return writeOut(io, `${JSON.stringify(compared)}\n`);
  if (flags.csv === true) return writeOut(io, toCsv(comparisonRows(compared)));
  const terminal = terminalOf(io);
  if (terminal === undefined) await print(compared, io);
  else await writeOut(io, `${drawComparison(compared, terminal).join('\n')}\n`);
  for (const warning of compared.warnings) say(io, `warning: ${printable(warning.message)} [${warning.code}]`);
}

async function print({ a, b, difference }: Comparison, io: Io): Promise<void> {
  const columns = ['', a.name ?? a.id, b.name ?? b.id, 'difference', '90 % interval'];
  const range = (of: Difference) => percentRange(of.low, of.high);
  await printTable(
    io,
    columns,
    [
      ['recipients', number(a.sent), number(b.sent), '', ''],
      ['human opens', percent(a.rates.open.human), percent(b.rates.open.human), '', ''],
      [
        'estimated opens',
        percent(a.rates.open.estimated.value),
        percent(b.rates.open.estimated.value),
        percent(difference.open.value),
        range(difference.open),
      ],
      [
        'human clicks',
        percent(a.rates.click.human),
        percent(b.rates.click.human),
        percent(difference.click.value),
        range(difference.click),
      ],
      ...comparedLines({ a, b }).map(([name, of, other]) => [name, of, other, '', '']),
    ],
    columns.slice(1),
  );
}
