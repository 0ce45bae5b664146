import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSENT_LEVELS, type Consent, FULL_CONSENT, lowestConsent } from '../../src/base/nouns.ts';

const level = fc.constantFrom(...CONSENT_LEVELS);
const consent = fc.record({ opens: level, clicks: level });

function heightOf({ opens, clicks }: Consent): readonly [number, number] {
  return [CONSENT_LEVELS.indexOf(opens), CONSENT_LEVELS.indexOf(clicks)];
}

describe('lowestConsent', () => {
  it('takes the lowest of each kind apart', () => {
    const a: Consent = { opens: 'none', clicks: 'individual' };
    const b: Consent = { opens: 'individual', clicks: 'aggregate' };
    expect(lowestConsent(a, b)).toEqual({ opens: 'none', clicks: 'aggregate' });
  });

  it('is never above any of them, and is one of them for each kind', () => {
    fc.assert(
      fc.property(fc.array(consent, { minLength: 1, maxLength: 4 }), (consents) => {
        const [opens, clicks] = heightOf(lowestConsent(...consents));
        const heights = consents.map(heightOf);
        expect(opens).toBe(Math.min(...heights.map(([height]) => height)));
        expect(clicks).toBe(Math.min(...heights.map(([, height]) => height)));
      }),
    );
  });

  it('leaves the other side alone when one is full', () => {
    fc.assert(
      fc.property(consent, (one) => {
        expect(lowestConsent(one, FULL_CONSENT)).toEqual(one);
      }),
    );
  });

  it('of nothing is none', () => {
    expect(lowestConsent()).toEqual({ opens: 'none', clicks: 'none' });
  });
});
