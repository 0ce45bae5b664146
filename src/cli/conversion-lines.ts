// What a message earned, in rows of words: the same for a terminal that is drawn on and for tables. A message without a
// conversion has none.

import type { Report } from '../report/build-report.ts';
import type { Timeline } from '../report/build-timeline.ts';
import { amountsWords } from '../report/conversion-figures.ts';
import { localTime, number, percent } from './percent.ts';

/** A name, a figure, and amounts. */
export type ConversionLine = readonly [name: string, figure: string, amounts: string];

/** The figures of the message. */
export function conversionLines({
  conversions,
  cost,
}: Pick<Report, 'conversions' | 'cost'>): readonly ConversionLine[] {
  const { count, value, unverified, rates, perMail = [], returnOnSpend, attribution } = conversions;
  if (attribution === undefined || unverified === undefined) return [];
  const rest: readonly ConversionLine[] = [
    ...(unverified.count > 0
      ? [['unverified', number(unverified.count), amountsWords(unverified.value)] as const]
      : []),
    ...(rates === undefined
      ? []
      : [
          ['of mails sent', percent(rates.sent), ''] as const,
          ['of people who clicked', percent(rates.clickers), ''] as const,
        ]),
    ...(perMail.length > 0 ? [['revenue per mail', '', amountsWords(perMail)] as const] : []),
    ...(cost === null ? [] : [['cost', '', amountsWords([cost])] as const]),
    ...(typeof returnOnSpend === 'number' ? [['return on spend', String(returnOnSpend), ''] as const] : []),
  ];
  return [[`conversions, ${attribution} click`, number(count), amountsWords(value)], ...rest];
}

/** By link, verified and not. */
export function conversionLinkLines({ conversions }: Report): readonly (readonly string[])[] {
  return (conversions.links ?? []).map(({ index, name, count, value, unverified }) => [
    ...[index === null ? '-' : String(index), number(count), amountsWords(value)],
    ...[number(unverified.count), amountsWords(unverified.value), name ?? ''],
  ]);
}

/** Over time: hours and days with any. */
export function conversionTimeLines({ points, tz }: Timeline): readonly (readonly string[])[] {
  return points.flatMap(({ start, unit, conversions }) => {
    if (conversions === undefined || conversions.count + conversions.unverified.count === 0) return [];
    const { count, value, unverified } = conversions;
    const words = [number(count), amountsWords(value), number(unverified.count), amountsWords(unverified.value)];
    return [[localTime(start, tz), unit, ...words]];
  });
}
