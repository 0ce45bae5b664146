// Money: decimal text outside, whole minor units inside, never a float. How many decimals a currency has is ISO 4217's
// word (list one), and not that of whatever locale data a runtime comes with.
import { quote } from './ids.ts';
import { minorUnitsMax } from './limits.ts';

/** An amount of one currency in its minor units: cents, or whole yen. */
export interface Money {
  /** A code of ISO 4217. */
  readonly currency: string;
  readonly minor: number;
}

/** An amount as reports and the API show it. */
export interface Amount {
  readonly currency: string;
  /** A decimal number. */
  readonly amount: string;
}

const TWO =
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG';
const NONE = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF';
const THREE = 'BHD IQD JOD KWD LYD OMR TND';
const FOUR = 'CLF UYW';

/** Decimals of each currency that is in use. */
export const CURRENCY_DECIMALS: ReadonlyMap<string, number> = new Map(
  (
    [
      [NONE, 0],
      [TWO, 2],
      [THREE, 3],
      [FOUR, 4],
    ] as const
  ).flatMap(([codes, decimals]) => codes.split(' ').map((code) => [code, decimals] as const)),
);

export type MoneyProblem = 'value-invalid' | 'currency-invalid';

export type ReadMoney =
  | { readonly ok: true; readonly money: Money }
  | { readonly ok: false; readonly problem: MoneyProblem; readonly message: string };

/** Reads a decimal number (`49.90`) of a currency. Decimals beyond those that the currency has must be zeros. */
export function readMoney(text: string, currency: string): ReadMoney {
  const decimals = CURRENCY_DECIMALS.get(currency);
  if (decimals === undefined)
    return refuse('currency-invalid', `the currency must be a code of ISO 4217, like EUR, but ${quote(currency)} came`);
  const [, whole, fraction = ''] = text.length > TEXT_MAX ? [] : (/^(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text) ?? []);
  if (whole === undefined)
    return refuse('value-invalid', `the value must be a decimal number as text, like "49.90", but ${quote(text)} came`);
  if (/[1-9]/.test(fraction.slice(decimals))) {
    return refuse('value-invalid', `the value has more decimals than ${currency}, which has ${decimals}`);
  }
  const minor = Number(whole + fraction.slice(0, decimals).padEnd(decimals, '0'));
  if (minor > minorUnitsMax) return refuse('value-invalid', `the value is over ${minorUnitsMax} minor units`);
  return { ok: true, money: { currency, minor } };
}

/** Characters of a number that is looked at: the largest amount with room for zeros behind it. */
const TEXT_MAX = 24;

function refuse(problem: MoneyProblem, message: string): ReadMoney {
  return { ok: false, problem, message };
}

/** Writes minor units as a decimal number. */
export function writeAmount(minor: bigint, currency: string): string {
  return writeDecimal(minor, CURRENCY_DECIMALS.get(currency) ?? 2);
}

/** Minor units divided by a count, as a decimal number with two decimals more than the currency has, rounded half up. */
export function amountPer(minor: bigint, count: number, currency: string): string {
  const decimals = (CURRENCY_DECIMALS.get(currency) ?? 2) + 2;
  const divisor = BigInt(count);
  return writeDecimal((minor * 100n * 2n + divisor) / (2n * divisor), decimals);
}

/** How many times an amount (in minor units) is another one, which is decimal text with at most four decimals. */
export function timesOf(minor: bigint, currency: string, cost: string): number | null {
  const [whole = '0', fraction = ''] = cost.split('.');
  const costScaled = BigInt(whole + fraction.padEnd(COST_DECIMALS, '0'));
  if (costScaled === 0n) return null;
  const scaled = minor * 10n ** BigInt(COST_DECIMALS - (CURRENCY_DECIMALS.get(currency) ?? 2));
  // A rate, like others: four decimals are more than anybody compares.
  return Number((scaled * 10_000n) / costScaled) / 10_000;
}

const COST_DECIMALS = 4;

function writeDecimal(scaled: bigint, decimals: number): string {
  const digits = String(scaled).padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
