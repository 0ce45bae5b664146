// Time zones by their IANA names: what time it is in one, and when its days begin. Intl knows the rules; days begin at a
// quarter hour everywhere.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { nearest } from '../base/options.ts';

export const QUARTER_MS = 900_000;
export const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface TimeZone {
  /** Milliseconds by which local time is ahead of UTC. */
  offsetAt(atMs: number): number;
  /** When the local day after that of a time begins. */
  nextDay(atMs: number): number;
}

/**
 * Gives back the name of a time zone.
 *
 * @throws TelltaleError `INVALID_TIME_ZONE`, with the nearest name there is.
 */
export function checkTimeZone(name: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    const near = nearestZone(name);
    const hint = near === undefined ? 'Names are like Europe/Berlin or UTC.' : `Did you mean ${near}?`;
    throw new TelltaleError('INVALID_TIME_ZONE', `There is no time zone ${quote(name)}. ${hint}`);
  }
}

/** By its whole name, or by its city alone. */
function nearestZone(name: string): string | undefined {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const near = nearest(name, zones);
  if (near !== undefined) return near;
  const cityOf = (zone: string) => zone.slice(zone.lastIndexOf('/') + 1);
  const city = nearest(cityOf(name).replaceAll(' ', '_'), zones.map(cityOf));
  return zones.find((zone) => cityOf(zone) === city);
}

/** Reads the rules of a time zone. */
export function timeZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: name,
    hourCycle: 'h23',
    ...({ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const),
  });

  function offsetAt(atMs: number): number {
    const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(atMs / 60_000) * 60_000;
  }

  const dayAt = (atMs: number) => Math.floor((atMs + offsetAt(atMs)) / DAY_MS);

  function nextDay(atMs: number): number {
    const day = dayAt(atMs);
    // Where the offset stays the same, midnight is where it seems to be.
    const guess = (day + 1) * DAY_MS - offsetAt(atMs);
    if (dayAt(guess) === day + 1 && dayAt(guess - QUARTER_MS) === day) return guess;
    let early = Math.floor(atMs / QUARTER_MS);
    let late = early + (2 * DAY_MS) / QUARTER_MS;
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2);
      if (dayAt(middle * QUARTER_MS) > day) late = middle;
      else early = middle;
    }
    return late * QUARTER_MS;
  }

  return { offsetAt, nextDay };
}

/** A time as ISO 8601 with the offset of a time zone, to the second. */
export function isoIn({ offsetAt }: TimeZone, atMs: number): string {
  const offset = offsetAt(atMs);
  const minutes = Math.abs(offset) / 60_000;
  const two = (number: number) => String(Math.floor(number)).padStart(2, '0');
  const local = new Date(atMs + offset).toISOString().slice(0, 19);
  return `${local}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
