import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareOut } from '../../src/attribute/share-out.ts';
import { ATTRIBUTION_MODELS, CONVERSION_PARTS } from '../../src/base/conversion.ts';

describe('shares', () => {
  it('go to the last, the first, or all in equal parts', () => {
    const worth = { parts: CONVERSION_PARTS, minor: 4_990 };
    expect(shareOut(3, 'last', worth)).toEqual([{ at: 2, ...worth }]);
    expect(shareOut(3, 'first', worth)).toEqual([{ at: 0, ...worth }]);
    expect(shareOut(3, 'linear', worth)).toEqual([
      { at: 0, parts: 333_334, minor: 1_664 },
      { at: 1, parts: 333_333, minor: 1_663 },
      { at: 2, parts: 333_333, minor: 1_663 },
    ]);
    expect(shareOut(0, 'linear', worth)).toEqual([]);
  });

  it('are all of it, whatever the rounding', () => {
    const anyWorth = fc.record({ parts: fc.nat(CONVERSION_PARTS), minor: fc.nat(1e9) });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(...ATTRIBUTION_MODELS),
        anyWorth,
        (n, model, worth) => {
          const shares = shareOut(n, model, worth);
          expect(shares.reduce((sum, { parts }) => sum + parts, 0)).toBe(worth.parts);
          expect(shares.reduce((sum, { minor }) => sum + minor, 0)).toBe(worth.minor);
        },
      ),
    );
  });
});
