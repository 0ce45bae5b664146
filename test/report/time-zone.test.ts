import { describe, expect, it } from 'vitest';
import { checkTimeZone, isoIn, timeZone } from '../../src/report/time-zone.ts';

describe('the name of a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Argentina/Buenos_Aires'])(
    'is taken as it is: %s',
    (name) => {
      expect(checkTimeZone(name)).toBe(name);
    },
  );

  it.each([
    ['Europe/Berln', 'Did you mean Europe/Berlin?'],
    ['Berlin', 'Did you mean Europe/Berlin?'],
    ['New York', 'Did you mean America/New_York?'],
    ['Mars/Olympus_Mons', 'Names are like Europe/Berlin or UTC.'],
    ['', 'There is no time zone ""'],
    ['<script>', 'There is no time zone "<script>"'],
    ['\u202eCTU', '\\u202eCTU'],
    ['x'.repeat(10_000), 'Names are like'],
  ])('that is none is refused with what may be meant: %j', (name, words) => {
    expect(() => checkTimeZone(name)).toThrow(expect.objectContaining({ code: 'INVALID_TIME_ZONE' }));
    expect(() => checkTimeZone(name)).toThrow(words);
  });
});

describe('a day', () => {
  it.each([
    ['UTC', '2026-03-28T13:00:00Z', '2026-03-29T00:00:00+00:00', 24],
    ['Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-30T00:00:00+02:00', 23],
    ['Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-26T00:00:00+01:00', 25],
    ['Asia/Kolkata', '2026-01-01T18:30:00Z', '2026-01-03T00:00:00+05:30', 24],
    ['Asia/Kathmandu', '2026-01-01T18:15:00Z', '2026-01-03T00:00:00+05:45', 24],
    ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', '2026-04-06T00:00:00+10:30', 24.5],
    // Clocks go from 24:00 to 1:00, so this day has no midnight; and Samoa left out the 30th of December 2011.
    ['America/Santiago', '2026-09-05T12:00:00Z', '2026-09-06T01:00:00-03:00', undefined],
    ['Pacific/Apia', '2011-12-29T12:00:00Z', '2011-12-31T00:00:00+14:00', undefined],
  ])('of %s after %s begins at %s', (name, from, next, hours) => {
    const zone = timeZone(name);
    const fromMs = Date.parse(from);
    const nextMs = zone.nextDay(fromMs);
    expect(isoIn(zone, nextMs)).toBe(next);
    if (hours !== undefined && zone.nextDay(fromMs - 1) === fromMs) expect((nextMs - fromMs) / 3_600_000).toBe(hours);
  });
});
