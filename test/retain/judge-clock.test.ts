import { describe, expect, it } from 'vitest';
import { doubtedSince, judgeClock, type KnownTimes } from '../../src/retain/judge-clock.ts';
import { startMs } from '../support/hits.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const known = (of: Partial<KnownTimes>): KnownTimes => ({
  newestMs: startMs,
  believedMs: startMs,
  doubtedMs: null,
  ...of,
});

describe('judgeClock', () => {
  it.each([
    ['where there is no hit, whatever it says', known({ newestMs: null, believedMs: null }), 9_000 * DAY],
    ['at the newest hit', known({}), 0],
    ['behind the newest hit by less than clocks differ', known({}), -6 * HOUR],
    ['a day after it was last believed', known({ newestMs: startMs - 400 * DAY }), DAY],
    ['two days after it was last believed', known({ newestMs: startMs - 400 * DAY }), 2 * DAY],
    ['two days after the newest hit, at first', known({ believedMs: null }), 2 * DAY],
    ['when it goes back to before a leap it made', known({ believedMs: startMs + 30 * DAY }), DAY],
    ['when it has stood for a day after a leap', known({ doubtedMs: startMs + 365 * DAY }), 366 * DAY],
    ['when it has stood for a month after a leap', known({ doubtedMs: startMs + 365 * DAY }), 395 * DAY],
  ])('believes a clock %s', (_, times, afterMs) => {
    expect(judgeClock(times, startMs + afterMs)).toBeUndefined();
  });

  it.each([
    ['hours behind the newest hit', known({}), -6 * HOUR - 1, 'behind'],
    ['at 1970', known({}), -startMs, 'behind'],
    ['more than two days ahead of when it was believed', known({}), 2 * DAY + 1, 'ahead'],
    ['that a new hit alone agrees with', known({ newestMs: startMs + 9 * DAY }), 9 * DAY, 'ahead'],
    ['more than two days after the newest hit, at first', known({ believedMs: null }), 2 * DAY + 1, 'ahead'],
    ['that leapt an hour ago', known({ doubtedMs: startMs + 365 * DAY }), 365 * DAY + HOUR, 'ahead'],
    ['that leapt, and leaps again', known({ doubtedMs: startMs + 365 * DAY }), 800 * DAY, 'ahead'],
    ['that leapt, and is before that leap', known({ doubtedMs: startMs + 365 * DAY }), 300 * DAY, 'ahead'],
  ])('doubts a clock %s', (_, times, afterMs, kind) => {
    expect(judgeClock(times, startMs + afterMs)).toMatchObject({ kind, nowMs: startMs + afterMs });
  });
});

describe('a clock that leapt a year ahead', () => {
  it.each([
    ['at once', 0, [true]],
    ['each hour for a day', HOUR, [...Array.from({ length: 20 }, () => true), false]],
    ['daily', DAY, [true, false]],
    ['weekly', 7 * DAY, [true, false]],
    ['yearly', 365 * DAY, [true, true, true]],
  ])('and is asked %s is believed once it has stood', (_, stepMs, doubts) => {
    let times = known({});
    const seen = doubts.map((_, at) => {
      const nowMs = startMs + 365 * DAY + at * stepMs;
      const doubt = judgeClock(times, nowMs);
      if (doubt !== undefined) times = { ...times, doubtedMs: doubtedSince(times, doubt) };
      return doubt !== undefined;
    });
    expect(seen).toEqual(doubts);
  });

  it('and back is as if it had never leapt', () => {
    const doubt = judgeClock(known({ doubtedMs: startMs + 365 * DAY }), startMs - DAY);
    expect(doubt?.kind).toBe('behind');
    expect(doubt && doubtedSince(known({ doubtedMs: startMs + 365 * DAY }), doubt)).toBeNull();
  });
});
