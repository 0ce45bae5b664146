// When a message was opened and clicked: its first two days by the hour, then by the day of a time zone. Read from counts
// by UTC quarter hour, of which the hours and days of every time zone are made.

import type { AttributionModel } from '../base/conversion.ts';
import { timelineDaysMax, timelineHours } from '../base/limits.ts';
import { LABELS, type Label, PEOPLE } from '../base/nouns.ts';
import { type ConversionSum, sumOf } from './conversion-figures.ts';
import { isoTime } from './iso-time.ts';
import { knownMessage } from './known-message.ts';
import type { QuarterRow, ReportSource } from './report-source.ts';
import { checkTimeZone, HOUR_MS, isoIn, QUARTER_MS, type TimeZone, timeZone } from './time-zone.ts';

/** Hits within a time. `people` of those judged `human` or `proxy-human`. */
export interface HitsAt {
  readonly total: number;
  readonly people: number;
  readonly byLabel: Readonly<Record<Label, number>>;
}

export interface TimelinePoint {
  /** ISO 8601 with the offset of the time zone. */
  readonly start: string;
  /** A day is 23 or 25 hours long where clocks change; the first one begins when the hours end. */
  readonly unit: 'hour' | 'day';
  readonly opens: HitsAt;
  readonly clicks: HitsAt;
  /** Where the message has conversions; those that nobody vouches for apart. */
  readonly conversions?: ConversionSum & { readonly unverified: ConversionSum };
}

export interface Timeline {
  readonly message: string;
  readonly tz: string;
  readonly firstSentAt: string | null;
  /** Without a gap, from the first send or hit to the last hit. */
  readonly points: readonly TimelinePoint[];
  /** Whether there are hits behind the last point, since a timeline has at most 48 hours and 400 days. */
  readonly isCut: boolean;
}

/**
 * Builds the timeline of a message; `tz` is an IANA name, and with `hoursOnly` it ends with its first 48 hours.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`, `INVALID_TIME_ZONE`.
 */
export async function buildTimeline(
  source: ReportSource,
  of: {
    readonly message: string;
    readonly tz?: string | undefined;
    readonly hoursOnly?: boolean;
    readonly attribution?: AttributionModel | undefined;
  },
): Promise<Timeline> {
  const tz = checkTimeZone(of.tz ?? 'UTC');
  const message = await knownMessage(source, of.message);
  const { attribution = 'last' } = of;
  const span = await spanOf(source, message.id, attribution);
  const firstSentAt = isoTime(message.firstSentAtMs);
  if (span === undefined) return { message: message.id, tz, firstSentAt, points: [], isCut: false };
  const zone = timeZone(tz);
  const endMs = (span.last + 1) * QUARTER_MS;
  const placesMax = timelineHours + (of.hoursOnly === true ? 0 : timelineDaysMax);
  const startMs = startOf(message.firstSentAtMs, span.first * QUARTER_MS);
  const places = placesFrom({ startMs, endMs, placesMax }, zone);
  const rows = await source.quartersIn(message.id, places.map(spanIn));
  const rowsAt = places.map((): QuarterRow[] => []);
  for (const row of rows) rowsAt[row.at]?.push(row);
  const sold = span.hasConversions ? await conversionsAt(source, message.id, places, attribution) : undefined;
  const points = places.map(({ fromMs, unit }, at) => {
    const own = rowsAt[at] ?? [];
    const hits = { opens: hitsOf(own, 'open'), clicks: hitsOf(own, 'click') };
    return { start: isoIn(zone, fromMs), unit, ...hits, ...(sold && { conversions: sold(at) }) };
  });
  return { message: message.id, tz, firstSentAt, points, isCut: (places.at(-1)?.beforeMs ?? endMs) < endMs };
}

/** From the first hit to the last hit, or conversion, which may come days later. */
async function spanOf(source: ReportSource, id: string, attribution: AttributionModel) {
  const hits = await source.quarterSpanOf(id);
  const sold = await source.lastConversionOf(id, attribution);
  if (hits === undefined && sold === undefined) return undefined;
  const { first, last } = hits ?? { first: sold ?? 0, last: sold ?? 0 };
  return {
    first: Math.min(first, sold ?? first),
    last: Math.max(last, sold ?? last),
    hasConversions: sold !== undefined,
  };
}

/** Gives the conversions of each place. */
async function conversionsAt(
  source: ReportSource,
  id: string,
  places: readonly Place[],
  attribution: AttributionModel,
) {
  const rows = await source.conversionQuartersIn(id, places.map(spanIn));
  const own = rows.filter(({ model }) => model === attribution);
  return (place: number) => {
    const here = own.filter(({ at }) => at === place);
    const unverified = sumOf(here.filter(({ isVerified }) => !isVerified));
    return { ...sumOf(here.filter(({ isVerified }) => isVerified)), unverified };
  };
}

function spanIn({ fromMs, beforeMs }: Place) {
  return { from: fromMs / QUARTER_MS, before: beforeMs / QUARTER_MS };
}

/** The first send, unless a hit came before it, or none for so long that a timeline would end before the first. */
function startOf(firstSentAtMs: number | null, firstHitMs: number): number {
  const isFar = firstSentAtMs === null || firstHitMs - firstSentAtMs > timelineDaysMax * 24 * HOUR_MS;
  return isFar ? firstHitMs : Math.min(firstSentAtMs, firstHitMs);
}

interface Place {
  readonly unit: 'hour' | 'day';
  readonly fromMs: number;
  readonly beforeMs: number;
}

function placesFrom(
  of: { readonly startMs: number; readonly endMs: number; readonly placesMax: number },
  zone: TimeZone,
): readonly Place[] {
  const { startMs, endMs, placesMax } = of;
  const localHourMs = Math.floor((startMs + zone.offsetAt(startMs)) / HOUR_MS) * HOUR_MS;
  // Offsets are whole quarters, so an hour of any time zone is four of ours.
  let fromMs = localHourMs - zone.offsetAt(startMs);
  const places: Place[] = [];
  while (fromMs < endMs && places.length < placesMax) {
    const unit = places.length < timelineHours ? 'hour' : 'day';
    const beforeMs = unit === 'hour' ? fromMs + HOUR_MS : zone.nextDay(fromMs);
    places.push({ unit, fromMs, beforeMs });
    fromMs = beforeMs;
  }
  return places;
}

function hitsOf(rows: readonly QuarterRow[], kind: 'open' | 'click'): HitsAt {
  const totalOf = (label: Label) => rows.find((row) => row.kind === kind && row.label === label)?.total ?? 0;
  const byLabel = Object.fromEntries(LABELS.map((label) => [label, totalOf(label)])) as Record<Label, number>;
  const sum = (labels: readonly Label[]) => labels.reduce((total, label) => total + byLabel[label], 0);
  return { total: sum(LABELS), people: sum(LABELS.filter((label) => PEOPLE.has(label))), byLabel };
}
