import { describe, expect, it } from 'vitest';
import { cutoffOf, readAge } from '../../src/retain/age.ts';

describe('readAge', () => {
  it.each([
    ['1d', { unit: 'days', count: 1 }],
    ['36525d', { unit: 'days', count: 36_525 }],
    ['13m', { unit: 'months', count: 13 }],
    ['1200m', { unit: 'months', count: 1_200 }],
    ['never', 'never'],
  ])('%s is an age', (text, age) => {
    expect(readAge(text, '--retain-events')).toEqual(age);
  });

  it.each(['', '0', '0d', '00m', '30', '-1d', '1.5d', '1D', ' 1d', '36526d', '1201m', '99999d', '13 months', 'Never'])(
    'refuses %j and says what an age looks like',
    (text) => {
      expect(() => readAge(text, '--retain-events')).toThrow(
        `--retain-events takes an age in days or months, from 1d to 36525d or 1m to 1200m, or never, but ${JSON.stringify(text)} came.`,
      );
    },
  );
});

describe('cutoffOf', () => {
  it.each([
    ['30d', '2026-03-31T12:00:00.001Z', '2026-03-01T12:00:00.001Z'],
    ['13m', '2026-03-15T12:00:00.001Z', '2025-02-15T12:00:00.001Z'],
    ['1m', '2026-03-31T23:00:00.000Z', '2026-02-28T23:00:00.000Z'],
    ['1m', '2024-03-31T23:00:00.000Z', '2024-02-29T23:00:00.000Z'],
    ['13m', '2026-01-31T00:00:00.000Z', '2024-12-31T00:00:00.000Z'],
    ['12m', '2024-02-29T00:00:00.000Z', '2023-02-28T00:00:00.000Z'],
    ['1m', '2026-01-01T00:00:00.000Z', '2025-12-01T00:00:00.000Z'],
  ])('%s before %s is %s', (age, now, cutoff) => {
    expect(new Date(cutoffOf(readAge(age, 'age'), Date.parse(now)) ?? 0).toISOString()).toBe(cutoff);
  });

  it('is nothing for what is kept for good', () => {
    expect(cutoffOf('never', Date.now())).toBeNull();
  });
});
