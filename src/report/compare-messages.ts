// Two messages side by side: by how much more often one was read, and clicked, each with its interval; and whether that
// can be known at all.

import { quote } from '../base/ids.ts';
import { maskedShareMax } from '../base/limits.ts';
import type { Amount } from '../base/money.ts';
import { compareRates, type RateInterval } from '../stats/compare-rates.ts';
import { ESTIMATE_LEVEL } from '../stats/estimate-opens.ts';
import { wilson } from '../stats/wilson.ts';
import { buildReport, type Report } from './build-report.ts';
import type { FlatTable } from './report-rows.ts';
import type { ReportSource } from './report-source.ts';

/** How much higher a rate of `a` is than that of `b`; null where either is not known. */
export interface Difference {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly level: number;
}

/** What is compared of a message. */
export interface ComparedMessage {
  readonly id: string;
  readonly name: string | null;
  readonly firstSentAt: string | null;
  readonly sent: number;
  readonly rates: Pick<Report['rates'], 'open' | 'click'>;
  readonly conversions: Report['conversions'];
  readonly cost: Report['cost'];
}

export interface Comparison {
  readonly a: ComparedMessage;
  readonly b: ComparedMessage;
  /** Estimated open rates, and rates of recipients with a click judged human. */
  readonly difference: { readonly open: Difference; readonly click: Difference };
  readonly warnings: Report['warnings'];
}

/**
 * Compares two messages.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`.
 */
export async function compareMessages(
  source: ReportSource,
  of: { readonly a: string; readonly b: string },
): Promise<Comparison> {
  return compareReports(await buildReport(source, { message: of.a }), await buildReport(source, { message: of.b }));
}

/** Compares two messages by their reports. */
export function compareReports(a: Report, b: Report): Comparison {
  const open = differenceOf(estimateOf(a), estimateOf(b));
  return {
    a: comparedOf(a),
    b: comparedOf(b),
    difference: { open, click: differenceOf(clickRateOf(a), clickRateOf(b)) },
    warnings: [a, b].flatMap(warningsFor),
  };
}

/** One row a figure, as CSV shows it. */
export function comparisonRows({ a, b, difference }: Comparison): FlatTable {
  const row = (figure: string, of: (message: ComparedMessage) => number | null, by?: Difference) => ({
    ...{ figure, a: of(a), b: of(b) },
    ...{ difference: by?.value ?? null, low: by?.low ?? null, high: by?.high ?? null },
  });
  return {
    columns: ['figure', 'a', 'b', 'difference', 'low', 'high'],
    rows: [
      row('sent', (message) => message.sent),
      row('rates.open.raw', (message) => message.rates.open.raw),
      row('rates.open.human', (message) => message.rates.open.human),
      row('rates.open.estimated.value', (message) => message.rates.open.estimated.value, difference.open),
      row('rates.click.raw', (message) => message.rates.click.raw),
      row('rates.click.human', (message) => message.rates.click.human, difference.click),
      ...soldRows(a, b),
    ],
  };
}

/** What both earned, by currency, where either has a conversion or a cost. */
function soldRows(a: ComparedMessage, b: ComparedMessage): FlatTable['rows'] {
  if ([a, b].every(({ conversions, cost }) => conversions.attribution === undefined && cost === null)) return [];
  const row = (figure: string, of: (message: ComparedMessage) => number | string | null) => ({
    ...{ figure, a: of(a), b: of(b), difference: null, low: null, high: null },
  });
  const currencies = (list: (message: ComparedMessage) => readonly Amount[]) =>
    [...new Set([...list(a), ...list(b)].map(({ currency }) => currency))].sort();
  const amounts = (figure: string, list: (message: ComparedMessage) => readonly Amount[]) =>
    currencies(list).map((currency) =>
      row(`${figure}.${currency}`, (message) => list(message).find((one) => one.currency === currency)?.amount ?? null),
    );
  return [
    row('conversions.count', ({ conversions }) => conversions.count),
    ...amounts('conversions.value', ({ conversions }) => conversions.value),
    row('conversions.unverified.count', ({ conversions }) => conversions.unverified?.count ?? 0),
    ...amounts('conversions.unverified.value', ({ conversions }) => conversions.unverified?.value ?? []),
    row('conversions.rates.sent', ({ conversions }) => conversions.rates?.sent ?? null),
    row('conversions.rates.clickers', ({ conversions }) => conversions.rates?.clickers ?? null),
    ...amounts('conversions.perMail', ({ conversions }) => conversions.perMail ?? []),
    ...amounts('cost', ({ cost }) => (cost === null ? [] : [cost])),
    row('conversions.returnOnSpend', ({ conversions }) => conversions.returnOnSpend ?? null),
  ];
}

function comparedOf({ message, sent, rates, conversions, cost }: Report): ComparedMessage {
  return { ...message, sent, rates: { open: rates.open, click: rates.click }, conversions, cost };
}

function estimateOf({ rates }: Report): RateInterval | undefined {
  const { value, low, high } = rates.open.estimated;
  return value === null || low === null || high === null ? undefined : { value, low, high };
}

function clickRateOf({ rates, sent, recipients }: Report): RateInterval | undefined {
  const { human } = rates.click;
  const whole = rates.denominator === 'measurable' ? recipients.measurable.clicks : (recipients.delivered ?? sent);
  // More clickers than recorded sends: no share of anything.
  return human === null || human > 1 ? undefined : wilson(Math.round(human * whole), whole);
}

function differenceOf(a: RateInterval | undefined, b: RateInterval | undefined): Difference {
  const difference = a === undefined || b === undefined ? { value: null, low: null, high: null } : compareRates(a, b);
  return { ...difference, level: ESTIMATE_LEVEL };
}

function warningsFor({ message, rates }: Report): Report['warnings'] {
  const { value, reason, sample } = rates.open.estimated;
  if (value === null) {
    const text = `The open rate of ${quote(message.id)} cannot be estimated (${reason ?? 'unknown'}).`;
    return [{ code: 'not-estimated', message: text }];
  }
  const share = sample.masked / (sample.masked + sample.measurable);
  if (share <= maskedShareMax) return [];
  const percent = `${Math.round(share * 100)} %`;
  const text = `Of the recipients of ${quote(message.id)}, ${percent} are hidden by machines that fetch for them: compare clicks rather than opens.`;
  return [{ code: 'mostly-masked', message: text }];
}
