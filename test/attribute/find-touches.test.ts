import { describe, expect, it } from 'vitest';
import { findTouches, type KnownClick } from '../../src/attribute/find-touches.ts';

const DAY = 86_400_000;
const at = 30 * DAY;
const people = { windowMs: 7 * DAY, clicks: 'human' } as const;

const click = (message: number, daysBefore: number, isPerson = true): KnownClick => ({
  ...{ message, link: 0, atMs: at - daysBefore * DAY, isPerson },
});
const messagesOf = (of: Parameters<typeof findTouches>[0], rules: Parameters<typeof findTouches>[1] = people) =>
  findTouches(of, rules).map(({ message }) => message);

describe('touches', () => {
  it('are the clicks of people in the window, in order of time', () => {
    const clicks = [click(1, 1), click(2, 6.9), click(3, 7.1), click(4, 2, false), click(5, -1)];
    expect(messagesOf({ clicks, own: undefined, atMs: at })).toEqual([2, 1]);
  });

  it('are all clicks when told', () => {
    const clicks = [click(1, 1), click(4, 2, false)];
    expect(messagesOf({ clicks, own: undefined, atMs: at }, { ...people, clicks: 'all' })).toEqual([4, 1]);
  });

  it('have the click of the click id while its verdict is not known, once', () => {
    const own = { message: 9, link: 0, atMs: Math.floor((at - DAY) / 1_000) * 1_000 };
    expect(messagesOf({ clicks: [click(1, 2)], own, atMs: at })).toEqual([1, 9]);
    expect(messagesOf({ clicks: [click(1, 2), { ...click(9, 1), atMs: own.atMs + 999 }], own, atMs: at })).toEqual([
      1, 9,
    ]);
  });

  it('leave out the click of the click id when a program made it and people made others', () => {
    const own = { message: 9, link: 0, atMs: at - DAY };
    expect(messagesOf({ clicks: [click(1, 2), click(9, 1, false)], own, atMs: at })).toEqual([1]);
    expect(messagesOf({ clicks: [click(9, 1, false)], own, atMs: at })).toEqual([9]);
  });
});
