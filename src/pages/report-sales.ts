// What a message earned, by link and over time; nothing where it has no conversion.
import type { AttributionModel } from '../base/conversion.ts';
import type { Amount } from '../base/money.ts';
import type { Report } from '../report/build-report.ts';
import type { Timeline } from '../report/build-timeline.ts';
import { amountsWords } from '../report/conversion-figures.ts';
import { type Amounts, type Figure, type FindFigure, figureOf, type Tile } from './figures.ts';
import { cut, numberWords, percentWords, pointTime } from './words.ts';

export interface SalesSection {
  readonly model: AttributionModel;
  /** `the last click`. */
  readonly attribution: string;
  readonly links: readonly SalesLine[];
  readonly times: readonly SalesLine[];
}

interface SalesLine {
  readonly name: string;
  readonly count: Figure;
  readonly value: Amounts;
  readonly unverified: Figure;
  readonly unverifiedValue: Amounts;
}

const ATTRIBUTED = {
  last: 'the last click before them',
  first: 'the first click before them',
  linear: 'all clicks before them, in equal parts',
} as const;

const NAME_CHARS = 60;

/** What the section shows. */
export function salesSection({ conversions }: Report, { points }: Timeline): SalesSection | null {
  const { attribution, links = [] } = conversions;
  if (attribution === undefined) return null;
  return {
    model: attribution,
    attribution: ATTRIBUTED[attribution],
    links: links.map((link, place) => ({
      name: link.index === null ? 'No link known' : cut(link.name ?? `Link ${link.index}`, NAME_CHARS),
      count: figureOf(`conversions.links.${place}.count`, link.count, numberWords),
      value: { of: `conversions.links.${place}.value`, words: amountsWords(link.value) },
      unverified: figureOf(`conversions.links.${place}.unverified.count`, link.unverified.count, numberWords),
      unverifiedValue: {
        of: `conversions.links.${place}.unverified.value`,
        words: amountsWords(link.unverified.value),
      },
    })),
    times: points.flatMap((point) => {
      const { conversions: sold } = point;
      if (sold === undefined || sold.count + sold.unverified.count === 0) return [];
      return [
        {
          ...{ name: pointTime(point), value: { of: '', words: amountsWords(sold.value) } },
          count: figureOf('', sold.count, numberWords),
          unverified: figureOf('', sold.unverified.count, numberWords),
          unverifiedValue: { of: '', words: amountsWords(sold.unverified.value) },
        },
      ];
    }),
  };
}

/** The figures of the message; without a conversion there are none. */
export function salesTiles({ conversions }: Report, find: FindFigure): readonly Tile[] {
  const { attribution, value, unverified, rates, perMail = [], returnOnSpend } = conversions;
  if (attribution === undefined) return [];
  const tile = (name: string, main: Figure, note: string, amounts: Amounts | null = null): Tile => ({
    ...{ name, main, raw: null, amounts, note },
  });
  return [
    tile('Conversions', find('conversions.count', numberWords), '', {
      of: 'conversions.value',
      words: amountsWords(value),
    }),
    ...(unverified !== undefined && unverified.count > 0
      ? [
          tile(
            'Unverified',
            find('conversions.unverified.count', numberWords),
            'said by a pixel alone, in no other figure',
            { of: 'conversions.unverified.value', words: amountsWords(unverified.value) },
          ),
        ]
      : []),
    ...(typeof rates?.sent === 'number'
      ? [tile('Conversion rate', find('conversions.rates.sent', percentWords), 'of mails sent')]
      : []),
    ...perMail.map((amount, place) =>
      tile('Revenue per mail', amountFigure(`conversions.perMail.${place}`, amount), ''),
    ),
    ...(typeof returnOnSpend === 'number'
      ? [
          tile(
            'Return on spend',
            find('conversions.returnOnSpend', (times) => `${times}`),
            'value by cost',
          ),
        ]
      : []),
  ];
}

/** An amount with its currency. */
function amountFigure(of: string, { currency, amount }: Amount): Figure {
  return { figure: `${of}.amount`, value: amount, words: `${currency}\u00a0${amount}` };
}
