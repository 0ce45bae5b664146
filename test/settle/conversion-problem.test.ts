import { describe, expect, it } from 'vitest';
import type { ConversionHit } from '../../src/base/conversion.ts';
import { readBody, writeBody } from '../../src/base/hit-body.ts';
import { conversionProblem } from '../../src/settle/conversion-problem.ts';
import { startMs } from '../support/hits.ts';

const HIT: ConversionHit = {
  ...{ id: startMs.toString(16).padStart(12, '0') + '0'.repeat(20), kind: 'conversion', atMs: startMs },
  conversion: {
    ...{ order: '1001', atMs: startMs, proof: 'pixel', test: false, recipient: 'r1', message: null },
    ...{ click: { message: 'm', link: 0, atMs: startMs }, refunded: null },
    money: { currency: 'EUR', minor: 4_990 },
  },
};
const withOf = (of: object) => ({ ...HIT, conversion: { ...HIT.conversion, ...of } }) as ConversionHit;

describe('a conversion in a journal', () => {
  it('comes out as it went in, beside hits', () => {
    expect(readBody(writeBody(HIT))).toEqual(HIT);
    expect(conversionProblem(HIT)).toBeUndefined();
    expect(conversionProblem(withOf({ recipient: null, money: null, proof: 'sealed' }))).toBeUndefined();
  });

  it.each<[string, ConversionHit]>([
    ['an id of another time', { ...HIT, atMs: 1 }],
    ['no conversion', { ...HIT, conversion: null } as unknown as ConversionHit],
    ['no order', withOf({ order: '' })],
    ['a recipient that is none', withOf({ recipient: 'a\nb' })],
    ['another proof', withOf({ proof: 'word' })],
    ['no click', withOf({ click: { message: 'm', link: 'x', atMs: 0 } })],
    ['an unknown currency', withOf({ money: { currency: 'XYZ', minor: 1 } })],
    ['a float', withOf({ money: { currency: 'EUR', minor: 0.5 } })],
  ])('is parked for %s', (_, hit) => {
    expect(conversionProblem(hit)).toBeTypeOf('string');
  });
});
