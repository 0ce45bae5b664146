import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Group, Strata } from '../../src/stats/audience.ts';
import { estimateOpens, type OpenEstimate } from '../../src/stats/estimate-opens.ts';
import { seededChance } from '../../src/stats/random.ts';

const NOBODY: Group = { recipients: 0, openers: 0, clickers: 0, both: 0 };

function strata(measurable: Group, masked: Group = NOBODY): Strata {
  return new Map([['other', { measurable, masked }]]);
}

function estimate(of: Strata, history: readonly Strata[] = []): OpenEstimate {
  const found = estimateOpens(of, history, seededChance(1));
  if (found.kind === 'none') throw new Error(found.reason);
  return found;
}

const OPEN: Group = { recipients: 10_000, openers: 2_975, clickers: 350, both: 298 };
const MASKED: Group = { recipients: 10_000, openers: 0, clickers: 340, both: 0 };

describe('the estimate', () => {
  it('is Chapman’s of openers and clickers where nobody is masked', () => {
    const chapman = (2_976 * 351) / 299 - 1;
    const { value, low, high } = estimate(strata(OPEN));
    expect(Math.abs(value - chapman / 10_000)).toBeLessThan(0.002);
    // Chapman's variance (Seber, 1982), 1.645 deviations to either side.
    const variance = (2_976 * 351 * (2_975 - 298) * (350 - 298)) / (299 ** 2 * 300);
    const half = (1.645 * Math.sqrt(variance)) / 10_000;
    expect((high - low) / (2 * half)).toBeGreaterThan(0.85);
    expect((high - low) / (2 * half)).toBeLessThan(1.15);
  });

  it('gives masked people the rate of the others times the ratio of their human click rates', () => {
    const others = estimate(strata(OPEN)).value * 10_000;
    const { value } = estimate(strata(OPEN, MASKED));
    expect(Math.abs(value * 20_000 - others * (1 + 340 / 350))).toBeLessThan(100);
  });

  it('is never given for fewer than 30 measurable recipients, however many are masked', () => {
    const few = { recipients: 29, openers: 20, clickers: 15, both: 12 };
    expect(estimateOpens(strata(few, MASKED), [], seededChance(1))).toEqual({
      kind: 'none',
      reason: 'too-few-measurable',
    });
    expect(estimateOpens(strata({ ...few, recipients: 30 }), [], seededChance(1)).kind).toBe('estimate');
  });

  it('is not given when neither clicks nor history tell what the pixel misses', () => {
    const silent = { ...OPEN, clickers: 4, both: 3 };
    expect(estimateOpens(strata(silent), [], seededChance(1))).toEqual({ kind: 'none', reason: 'too-few-clickers' });
    expect(estimate(strata(silent), [strata(OPEN)]).method).toBe('sender-history');
  });

  it('says by its method whether the sender has a history', () => {
    expect(estimate(strata(OPEN)).method).toBe('first-mailing');
    expect(estimate(strata(OPEN), [strata(OPEN, MASKED)]).method).toBe('sender-history');
  });

  it('narrows by history where its own clicks are few, and keeps to its own where they are many', () => {
    const small = {
      open: { recipients: 250, openers: 75, clickers: 9, both: 5 },
      masked: { recipients: 250, openers: 0, clickers: 8, both: 0 },
    };
    const usual = Array.from({ length: 8 }, () => strata(OPEN, MASKED));
    const alone = estimate(strata(small.open, small.masked));
    const helped = estimate(strata(small.open, small.masked), usual);
    expect(helped.high - helped.low).toBeLessThan((alone.high - alone.low) / 2);
    const unusual = { ...OPEN, both: 150 };
    expect(estimate(strata(unusual), usual).value).toBeGreaterThan(0.5);
  });

  it('has a wider band for a first mailing, and a wide one where many are masked', () => {
    const widthOf = ({ band }: OpenEstimate) => band.high - band.low;
    const history = [strata(OPEN, MASKED)];
    expect(widthOf(estimate(strata(OPEN, MASKED)))).toBeGreaterThan(widthOf(estimate(strata(OPEN, MASKED), history)));
    expect(widthOf(estimate(strata(OPEN, MASKED)))).toBeGreaterThan(2 * widthOf(estimate(strata(OPEN))));
  });

  it('keeps providers apart that differ in what they show and who clicks', () => {
    // Half see and seldom click, half are half seen and often click: read 4,000 and 3,000 of 10,000 each.
    const google = { recipients: 10_000, openers: 4_000, clickers: 320, both: 320 };
    const microsoft = { recipients: 10_000, openers: 1_500, clickers: 600, both: 300 };
    const apart = new Map([
      ['google', { measurable: google, masked: NOBODY }],
      ['microsoft', { measurable: microsoft, masked: NOBODY }],
    ]);
    expect(Math.abs(estimate(apart).value - 0.35)).toBeLessThan(0.01);
  });

  const group = fc
    .oneof(
      fc.record({ both: fc.nat(400), opened: fc.nat(3_000), clicked: fc.nat(300), none: fc.nat(20_000) }),
      fc.record({ both: fc.nat(12), opened: fc.nat(12), clicked: fc.nat(12), none: fc.nat({ max: 40_000 }) }),
    )
    .map(({ both, opened, clicked, none }) => ({
      recipients: both + opened + clicked + none,
      openers: both + opened,
      clickers: both + clicked,
      both,
    }));

  /** History leaves hardly a doubt that a reader is seen. */
  const allSeen: readonly [Group, Group][] = [
    [{ recipients: 6, openers: 6, clickers: 6, both: 6 }, NOBODY],
    [{ recipients: 14, openers: 10, clickers: 14, both: 10 }, NOBODY],
  ];

  it('lies within its interval, that within its band, and all within what was seen and everybody', () => {
    fc.assert(
      fc.property(group, group, fc.array(fc.tuple(group, group), { maxLength: 4 }), (measurable, masked, before) => {
        const history = before.map(([open, hidden]) => strata(open, hidden));
        const found = estimateOpens(strata(measurable, masked), history, seededChance(3));
        fc.pre(found.kind === 'estimate');
        const { value, low, high, band } = found;
        const recipients = measurable.recipients + masked.recipients;
        const seen = [measurable, masked].reduce(
          (sum, { openers, clickers, both }) => sum + openers + clickers - both,
          0,
        );
        const order = [seen / recipients - 1e-9, band.low, low, value, high, band.high, 1 + 1e-9];
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }),
      { numRuns: 200, examples: [[{ recipients: 30, openers: 3, clickers: 0, both: 0 }, NOBODY, [...allSeen]]] },
    );
  });

  it('is the same for the same counts, whatever the order of strata', () => {
    const entries = [...strata(OPEN, MASKED), ['google', { measurable: OPEN, masked: NOBODY }] as const];
    expect(estimate(new Map(entries))).toEqual(estimate(new Map([...entries].reverse())));
  });
});
