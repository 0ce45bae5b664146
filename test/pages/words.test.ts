import { describe, expect, it } from 'vitest';
import { countWords, cut, percentWords, pointsWords, timeWords } from '../../src/pages/words.ts';

describe('a rate in words', () => {
  it.each([
    [null, '–'],
    [0, '0 %'],
    [0.0004, 'under 0.1 %'],
    [0.0005, '0.1 %'],
    [0.0713, '7.1 %'],
    [0.0999, '10 %'],
    [0.3812, '38 %'],
    [0.9961, '99.6 %'],
    [1, '100 %'],
    [1.2, '120 %'],
  ])('is as exact as it deserves: %s is %s', (rate, words) => {
    expect(percentWords(rate).replaceAll('\u00a0', ' ')).toBe(words);
  });
});

it('says a difference in points with its sign', () => {
  expect([0.0421, -0.004, 0.0001].map(pointsWords)).toEqual(['+4.2', '−0.4', '0.0']);
});

it('counts one thing and many', () => {
  expect([countWords(1, 'recipient'), countWords(1240, 'recipient')]).toEqual(['1 recipient', '1,240 recipients']);
});

it('tells a time in a zone', () => {
  expect(timeWords('2026-07-01T22:30:00.000Z', 'Europe/Berlin')).toBe('2 Jul 2026, 00:30');
  expect(timeWords(null, 'UTC')).toBe('–');
});

it('cuts what is too long for a line', () => {
  expect(cut('x'.repeat(10_000), 60)).toHaveLength(60);
  expect(cut('short', 60)).toBe('short');
  expect(cut('ab😀cd', 4)).toBe('ab…');
});
