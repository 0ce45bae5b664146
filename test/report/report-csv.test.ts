import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from '../../src/report/report-csv.ts';

/** The cells as a reader of CSV gets them. */
const cellsOf = (csv: string): readonly (readonly string[])[] => parse(csv);

const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

describe('CSV', () => {
  it('has a header of all columns, in the order in which they appear', () => {
    expect(toCsv({ columns: ['a', 'b', 'c'], rows: [{ a: 1, b: 'x' }, { c: null, a: 2 }, { b: 'y' }] })).toBe(
      'a,b,c\n1,x,\n2,,\n,y,\n',
    );
  });

  it.each([
    '=HYPERLINK("https://evil.example","Click")',
    '=1+1',
    '+1',
    '-1+1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '＝1',
    '＋1',
    '－1',
    '＠a',
  ])('has no cell that a spreadsheet runs: %j', (text) => {
    const cells = cellsOf(toCsv({ columns: ['name', 'other'], rows: [{ name: text, other: 'x' }] }));
    expect(cells).toEqual([
      ['name', 'other'],
      [`'${text}`, 'x'],
    ]);
  });

  it.each([0, 1, -1, -0.25, 1e-7, 1e21, 2 / 3])('keeps a number a number: %d', (number) => {
    const [, [cell = ''] = []] = cellsOf(toCsv({ columns: ['value'], rows: [{ value: number }] }));
    expect(Number(cell)).toBe(number);
  });

  it('keeps every text, but for the quote before what would be a formula', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'=+-@\t",;\n\r\'a ') }));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (texts) => {
        const [, ...rows] = cellsOf(toCsv({ columns: ['at', 'name'], rows: texts.map((name, at) => ({ at, name })) }));
        const expected = texts.map((name, at) => [String(at), FORMULA.test(name) ? `'${name}` : name]);
        expect(rows).toEqual(expected);
      }),
    );
  });
});
