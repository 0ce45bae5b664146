// Two messages beside each other at a terminal: each rate on one scale, and by how much they differ, or that it cannot be told.
import type { ComparedMessage, Comparison, Difference } from '../report/compare-messages.ts';
import { intervalBar, scaleFor } from './bars.ts';
import { conversionLines } from './conversion-lines.ts';
import { number, percent, pointsRange, pointsWords } from './percent.ts';
import { fit, printable, type Terminal, wrapParts } from './terminal.ts';

/** The lines. */
export function drawComparison({ a, b, difference }: Comparison, terminal: Terminal): readonly string[] {
  const { columns, paint } = terminal;
  const name = (letter: string, message: ComparedMessage) => {
    const sent = `  ${number(message.sent)} recipients`;
    return `${paint('bold', letter)}  ${fit(printable(message.name ?? message.id), columns - 3 - sent.length)}${paint('dim', sent)}`;
  };
  const opened = [a, b].map(({ rates }) => rates.open.estimated);
  const clicked = [a, b].map(({ rates }) => ({ value: rates.click.human, low: null, high: null }));
  const seen = [
    `seen to open: A ${percent(a.rates.open.human)}, B ${percent(b.rates.open.human)}`,
    `raw, with machines: A ${percent(a.rates.open.raw)}, B ${percent(b.rates.open.raw)}`,
  ];
  return [
    ...[name('A', a), name('B', b), ''],
    ...rate({ words: 'Really opened, estimated', rates: opened, difference: difference.open }, terminal),
    '',
    ...rate({ words: 'Clicked, people', rates: clicked, difference: difference.click }, terminal),
    '',
    ...wrapParts(seen, columns).map((line) => paint('dim', line)),
    ...earned({ a, b }, terminal),
  ];
}

/** What both earned, in words; nothing where neither has a conversion. */
export function comparedLines({ a, b }: Pick<Comparison, 'a' | 'b'>): readonly (readonly [string, string, string])[] {
  const own = [a, b].map(
    (message) => new Map(conversionLines(message).map(([name, ...words]) => [name, words.filter(Boolean).join(' ')])),
  );
  const names = new Set(own.flatMap((lines) => [...lines.keys()]));
  return [...names].map((name) => [name, own[0]?.get(name) ?? '', own[1]?.get(name) ?? '']);
}

function earned(pair: Pick<Comparison, 'a' | 'b'>, { columns, paint }: Terminal): readonly string[] {
  const lines = comparedLines(pair).map(([name, of, other]) =>
    fit(`  ${name}: A ${of || '-'}, B ${other || '-'}`, columns),
  );
  return lines.length === 0 ? [] : ['', paint('bold', 'What they earned'), ...lines];
}

interface DrawnRate {
  readonly words: string;
  readonly rates: readonly {
    readonly value: number | null;
    readonly low: number | null;
    readonly high: number | null;
  }[];
  readonly difference: Difference;
}

/** Columns before and behind a bar. */
const BESIDE = 24;

function rate({ words, rates, difference }: DrawnRate, { columns, paint }: Terminal): readonly string[] {
  const max = scaleFor(rates.flatMap(({ value, high }) => high ?? value ?? []));
  const lines = rates.map(({ value, low, high }, at) => {
    const start = `  ${at === 0 ? 'A' : 'B'} ${percent(value).padStart(8)}  `;
    if (value === null) return start;
    const bar = intervalBar({ value, low: low ?? value, high: high ?? value, max }, columns - BESIDE);
    return `${start}${paint(at === 0 ? 'green' : 'cyan', bar)} ${paint('dim', percent(max))}`;
  });
  return [paint('bold', words), ...lines, ...wrapParts(verdict(difference), columns - 2).map((line) => `  ${line}`)];
}

function verdict({ value, low, high, level }: Difference): readonly string[] {
  if (value === null || low === null || high === null) return ['how far they are apart is not known'];
  const range = `A less B: ${pointsWords(value)} points, ${level * 100} % interval ${pointsRange(low, high)}`;
  if (low <= 0 && high >= 0) return ['they cannot be told apart', range];
  return [`${value > 0 ? 'A' : 'B'} is ahead`, range];
}
