import { expect, it } from 'vitest';
import { journalReadiness } from '../../src/server/prepare-core.ts';

it.each([
  [{ isFull: false, isFailing: false }, 'ready'],
  [{ isFull: true, isFailing: false }, 'full'],
  [{ isFull: false, isFailing: true }, 'failing'],
  [{ isFull: true, isFailing: true }, 'failing'],
])('says whether the journal takes hits: %j', (state, word) => {
  const status = { depth: 0, oldestAgeMs: null, lateAnswers: 0, ...state };
  expect(journalReadiness({ status: () => status })).toBe(word);
});
