// What a message earned: conversions and their value by currency, never added across currencies. What a shop's server or a
// seal vouches for is the figure; what anybody could have said stands apart from it.
import { type AttributionModel, CONVERSION_PARTS } from '../base/conversion.ts';
import { type Amount, amountPer, timesOf, writeAmount } from '../base/money.ts';

/** Conversions, and their value by currency; thirds of a conversion come of `linear` attribution. */
export interface ConversionSum {
  readonly count: number;
  readonly value: readonly Amount[];
}

export interface LinkConversions extends ConversionSum {
  /** Null where it is not known by which link. */
  readonly index: number | null;
  readonly name: string | null;
  readonly unverified: ConversionSum;
}

/** What a report has of conversions where there are any. */
export interface ConversionDetails {
  /** How they are attributed to clicks. */
  readonly attribution: AttributionModel;
  /** What a pixel said that nobody vouches for. In no other figure. */
  readonly unverified: ConversionSum;
  /** Conversions by mails sent, and by people who clicked. */
  readonly rates: { readonly sent: number | null; readonly clickers: number | null };
  /** Value by mails sent, with two decimals more than the currency has. */
  readonly perMail: readonly Amount[];
  /** Value in the currency of the cost, by the cost; null without both. */
  readonly returnOnSpend: number | null;
  /** By link, in the order of their indexes. */
  readonly links: readonly LinkConversions[];
}

/** The details are there from the first conversion on. */
export type ConversionFigures = ConversionSum & Partial<ConversionDetails>;

/** Sums as they are kept. */
export interface ConversionSumRow {
  readonly model: AttributionModel;
  readonly isVerified: boolean;
  /** Null for what has no value. */
  readonly currency: string | null;
  /** Millionths of conversions. */
  readonly parts: number;
  /** Minor units, as text: sums may be larger than a number can say. */
  readonly minor: string;
}

export interface ConversionCountRow extends ConversionSumRow {
  readonly link: number | null;
}

/** What figures are made with besides. */
export interface ConversionContext {
  readonly attribution: AttributionModel;
  readonly sent: number;
  /** People who clicked. */
  readonly clickers: number;
  readonly cost: Amount | null;
  readonly nameOf: (link: number) => string | null;
}

/** The figures of a message. */
export function conversionFigures(
  rows: readonly ConversionCountRow[],
  { attribution, sent, clickers, cost, nameOf }: ConversionContext,
): ConversionFigures {
  const own = rows.filter(({ model }) => model === attribution);
  if (own.length === 0) return { count: 0, value: [] };
  const verified = sumOf(own.filter(({ isVerified }) => isVerified));
  const minors = minorsOf(own.filter(({ isVerified }) => isVerified));
  const links = [...new Set(own.map(({ link }) => link))].sort(byIndex);
  const earned = cost === null ? undefined : (minors.get(cost.currency) ?? 0n);
  return {
    ...verified,
    attribution,
    unverified: sumOf(own.filter(({ isVerified }) => !isVerified)),
    rates: {
      sent: sent === 0 ? null : verified.count / sent,
      clickers: clickers === 0 ? null : verified.count / clickers,
    },
    perMail:
      sent === 0
        ? []
        : [...minors].map(([currency, minor]) => ({ currency, amount: amountPer(minor, sent, currency) })),
    returnOnSpend: cost === null || earned === undefined ? null : timesOf(earned, cost.currency, cost.amount),
    links: links.map((index) => {
      const ofLink = own.filter(({ link }) => link === index);
      return {
        ...{ index, name: index === null ? null : nameOf(index) },
        ...sumOf(ofLink.filter(({ isVerified }) => isVerified)),
        unverified: sumOf(ofLink.filter(({ isVerified }) => !isVerified)),
      };
    }),
  };
}

/** Rows of one kind as one sum. */
export function sumOf(rows: readonly ConversionSumRow[]): ConversionSum {
  const parts = rows.reduce((sum, row) => sum + row.parts, 0);
  const value = [...minorsOf(rows)].map(([currency, minor]) => ({ currency, amount: writeAmount(minor, currency) }));
  return { count: parts / CONVERSION_PARTS, value };
}

/** Minor units by currency, in the order of their codes; those of nothing are left out. */
function minorsOf(rows: readonly ConversionSumRow[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { currency, minor } of rows) {
    if (currency !== null) sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(minor));
  }
  return new Map([...sums].filter(([, minor]) => minor !== 0n).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byIndex(a: number | null, b: number | null): number {
  return (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY);
}

/** Amounts in one line: `49.90 EUR, 1500 JPY`. */
export function amountsWords(value: readonly Amount[]): string {
  return value.map(({ currency, amount }) => `${amount} ${currency}`).join(', ');
}
