import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minorUnitsMax } from '../../src/base/limits.ts';
import { amountPer, CURRENCY_DECIMALS, readMoney, timesOf, writeAmount } from '../../src/base/money.ts';

const minorOf = (text: string, currency: string) => {
  const read = readMoney(text, currency);
  return read.ok ? read.money.minor : read.problem;
};

describe('an amount', () => {
  it.each([
    ['49.90', 'EUR', 4_990],
    ['49.9', 'EUR', 4_990],
    ['49', 'EUR', 4_900],
    ['0', 'EUR', 0],
    ['0.00', 'EUR', 0],
    ['49.9000', 'EUR', 4_990],
    ['1500', 'JPY', 1_500],
    ['1500.00', 'JPY', 1_500],
    ['1.234', 'KWD', 1_234],
    ['1.2345', 'CLF', 12_345],
    ['0.29', 'EUR', 29],
    ['1.15', 'EUR', 115],
    ['100000000000.00', 'EUR', minorUnitsMax],
  ])('%s %s is %d minor units', (text, currency, minor) => {
    expect(minorOf(text, currency)).toBe(minor);
  });

  it.each([
    ...[
      '1e9',
      '-0',
      '-1',
      '+1',
      '12,50',
      '1 000',
      '',
      '.5',
      '5.',
      '00',
      '007',
      '0x10',
      'NaN',
      'Infinity',
      '1_000',
      '٣',
    ],
    ...['9'.repeat(30), '100000000000.01', '49.901', `1.${'0'.repeat(30)}`, ' 1', '1\n'],
  ])('is not %j', (text) => {
    expect(minorOf(text, 'EUR')).toBe('value-invalid');
  });

  it.each(['', 'eur', 'EURO', 'XXX', 'BTC', 'toString', 'HRK'])('is not in %j', (currency) => {
    expect(minorOf('1', currency)).toBe('currency-invalid');
  });

  it('is written as it was read, for any currency', () => {
    const anyCurrency = fc.constantFrom(...CURRENCY_DECIMALS.keys());
    fc.assert(
      fc.property(
        anyCurrency,
        fc.maxSafeNat().map((minor) => minor % (minorUnitsMax + 1)),
        (currency, minor) => {
          expect(minorOf(writeAmount(BigInt(minor), currency), currency)).toBe(minor);
        },
      ),
    );
  });

  it('knows currencies that every runtime knows', () => {
    const known = new Set(Intl.supportedValuesOf('currency'));
    for (const code of ['EUR', 'USD', 'JPY', 'KWD', 'CHF', 'GBP', 'PLN', 'INR']) {
      expect(CURRENCY_DECIMALS.has(code) && known.has(code)).toBe(true);
    }
    expect(CURRENCY_DECIMALS.size).toBeGreaterThan(160);
  });
});

describe('figures of money', () => {
  it('are exact where floats are not', () => {
    expect(writeAmount(9_007_199_254_740_993n, 'EUR')).toBe('90071992547409.93');
    expect(amountPer(10n, 3, 'EUR')).toBe('0.0333');
    expect(amountPer(20n, 3, 'EUR')).toBe('0.0667');
    expect(amountPer(5n, 2, 'JPY')).toBe('2.50');
    expect(timesOf(19_960n, 'EUR', '120.50')).toBe(1.6564);
    expect(timesOf(1_500n, 'JPY', '750')).toBe(2);
    expect(timesOf(1n, 'EUR', '0.00')).toBeNull();
  });
});
