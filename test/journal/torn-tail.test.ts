import { expect, it } from 'vitest';
import { tearTail } from '../faults/torn-tail.ts';

it('a journal whose last commit was cut or damaged has all earlier hits, and none that was never sent', () => {
  const { cuts, flips, events, ...result } = tearTail({ seed: 3, cutStep: 97, flips: 120 });
  expect(result).toEqual({ lost: 0, wrong: 0, broken: 0 });
  expect(flips).toBe(120);
  // The last commit has a page of hits, one of counts and one of places.
  expect(cuts).toBeGreaterThanOrEqual((2 * 4_096) / 97);
  expect(events).toBe((cuts + flips) * 20);
});
