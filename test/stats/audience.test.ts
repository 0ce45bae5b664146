import { describe, expect, it } from 'vitest';
import { type AudienceCell, strataOf, sumStrata } from '../../src/stats/audience.ts';

const cell = (of: Partial<AudienceCell>): AudienceCell => ({
  stratum: 'other',
  maskedBefore: false,
  prefetched: false,
  opened: false,
  clicked: false,
  recipients: 1,
  ...of,
});

describe('the audience of a message', () => {
  it.each([
    ['whose history says so', { maskedBefore: true }, true],
    ['whose history says so, even if an open was seen', { maskedBefore: true, opened: true }, true],
    ['of whom this message shows a prefetch alone', { prefetched: true }, true],
    ['of whom it shows a prefetch and a click', { prefetched: true, clicked: true }, true],
    ['of whom it shows a prefetch and an open', { prefetched: true, opened: true }, false],
    ['of whom nothing was ever seen', {}, false],
  ])('counts as masked, or not, recipients %s', (_, of, isMasked) => {
    const { measurable, masked } = sumStrata(strataOf([cell({ ...of, recipients: 3 })]));
    expect([measurable.recipients, masked.recipients]).toEqual(isMasked ? [0, 3] : [3, 0]);
  });

  it('keeps strata apart and sums those that are asked for', () => {
    const strata = strataOf([
      cell({ stratum: 'google', opened: true, clicked: true, recipients: 5 }),
      cell({ stratum: 'google', opened: true, recipients: 7 }),
      cell({ stratum: 'apple', clicked: true, recipients: 2 }),
    ]);
    expect(strata.get('google')?.measurable).toEqual({ recipients: 12, openers: 12, clickers: 5, both: 5 });
    expect(sumStrata(strata).measurable).toEqual({ recipients: 14, openers: 12, clickers: 7, both: 5 });
    expect(sumStrata(strata, ['apple', 'yahoo']).measurable.recipients).toBe(2);
  });
});
