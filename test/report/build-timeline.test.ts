import { describe, expect, it } from 'vitest';
import { timelineDaysMax, timelineHours } from '../../src/base/limits.ts';
import { buildTimeline, type Timeline } from '../../src/report/build-timeline.ts';
import { CLIENTS, makeHit, makeLink, startMs } from '../support/hits.ts';
import { openTestStore, settleHits } from '../support/stores.ts';

const HOUR_MS = 3_600_000;
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Asia/Kathmandu', 'Australia/Lord_Howe'];

/** A store with a message that was sent, and opened at times. */
async function storeOf(sentAtMs: number | undefined, ...opensAtMs: readonly number[]) {
  const { store } = await openTestStore();
  if (sentAtMs !== undefined) await store.recordSends('spring-sale', [{ recipient: 'r1', atMs: sentAtMs }]);
  const hits = opensAtMs.map((atMs, at) => makeHit({ atMs, recipient: `r${at}` }));
  await settleHits(store, hits);
  return store;
}

const opensOf = ({ points }: Timeline) => points.filter(({ opens }) => opens.total > 0).map(({ start }) => start);

describe('the timeline', () => {
  it('has two days by the hour, then days, without a gap, in every time zone', async () => {
    const sentAtMs = Date.UTC(2026, 2, 27, 9, 20);
    const store = await storeOf(sentAtMs, sentAtMs, sentAtMs + 90 * 24 * HOUR_MS);
    for (const tz of ZONES) {
      const { points, isCut } = await buildTimeline(store, { message: 'spring-sale', tz });
      expect(points.filter(({ unit }) => unit === 'hour')).toHaveLength(timelineHours);
      expect(isCut).toBe(false);
      const starts = points.map(({ start }) => Date.parse(start));
      for (const [at, point] of points.slice(1).entries()) {
        const lengthMs = (starts[at + 1] ?? 0) - (starts[at] ?? 0);
        if (point.unit === 'hour' || at === timelineHours - 1) expect(lengthMs).toBe(HOUR_MS);
        else if (at > timelineHours) expect([23, 23.5, 24, 24.5, 25]).toContain(lengthMs / HOUR_MS);
      }
      for (const { start } of points.slice(timelineHours + 1))
        expect([tz, start]).toEqual([tz, expect.stringContaining('T00:00:00')]);
      expect(points.at(-1)?.opens.total).toBe(1);
    }
  });

  it('ends with its first two days where only those are asked for, and says that more came', async () => {
    const store = await storeOf(startMs, startMs, startMs + 90 * 24 * HOUR_MS);
    const whole = await buildTimeline(store, { message: 'spring-sale' });
    const { points, isCut } = await buildTimeline(store, { message: 'spring-sale', hoursOnly: true });
    expect(points).toEqual(whole.points.slice(0, timelineHours));
    expect([whole.isCut, isCut]).toEqual([false, true]);
  });

  it('puts each hit into the hour and the day of the time zone, also where clocks change', async () => {
    // 00:59 and 01:00 UTC: before and after clocks in Berlin go from 2:00 to 3:00.
    const changeMs = Date.UTC(2026, 2, 29, 1);
    const inHours = await storeOf(undefined, changeMs - 60_000, changeMs);
    expect(opensOf(await buildTimeline(inHours, { message: 'spring-sale', tz: 'Europe/Berlin' }))).toEqual([
      '2026-03-29T01:00:00+01:00',
      '2026-03-29T03:00:00+02:00',
    ]);
    // 23:59 and 0:00 in Berlin, on the 24th and 25th of October, a day of 25 hours.
    const days = [
      Date.UTC(2026, 9, 24, 21, 59),
      Date.UTC(2026, 9, 24, 22),
      Date.UTC(2026, 9, 25, 22, 59),
      Date.UTC(2026, 9, 25, 23),
    ];
    const inDays = await storeOf(Date.UTC(2026, 9, 1, 12), ...days);
    const { points } = await buildTimeline(inDays, { message: 'spring-sale', tz: 'Europe/Berlin' });
    expect(points.filter(({ opens }) => opens.total > 0).map(({ start, opens }) => [start, opens.total])).toEqual([
      ['2026-10-24T00:00:00+02:00', 1],
      ['2026-10-25T00:00:00+02:00', 2],
      ['2026-10-26T00:00:00+01:00', 1],
    ]);
  });

  it('tells people from machines, opens from clicks, and adds up to the report', async () => {
    const { store } = await openTestStore();
    await settleHits(store, [
      makeHit({ recipient: 'r1' }),
      makeHit({ recipient: 'r2', from: CLIENTS.proxy }),
      makeHit({ recipient: 'r3', from: CLIENTS.head }),
      makeHit({ recipient: 'r4', link: makeLink() }),
      makeHit({ recipient: 'r5', test: true }),
    ]);
    const { points } = await buildTimeline(store, { message: 'spring-sale' });
    expect(points).toEqual([
      {
        start: '2026-01-01T00:00:00+00:00',
        unit: 'hour',
        opens: expect.objectContaining({ total: 3, people: 2 }),
        clicks: expect.objectContaining({ total: 1, people: 1 }),
      },
    ]);
    expect(points[0]?.opens.byLabel).toEqual({
      human: 1,
      'proxy-human': 1,
      prefetch: 0,
      scanner: 1,
      preview: 0,
      unknown: 0,
    });
  });

  it('is empty without a hit, begins at a hit that came before the first send, and ends somewhere', async () => {
    const bare = await storeOf(startMs);
    expect((await buildTimeline(bare, { message: 'spring-sale' })).points).toEqual([]);
    const early = await storeOf(startMs, startMs - 5 * HOUR_MS);
    expect((await buildTimeline(early, { message: 'spring-sale' })).points[0]?.start).toBe('2025-12-31T19:00:00+00:00');
    const late = await storeOf(0, startMs);
    expect(opensOf(await buildTimeline(late, { message: 'spring-sale' }))).toEqual(['2026-01-01T00:00:00+00:00']);
    const long = await storeOf(startMs, startMs, startMs + 1_000 * 24 * HOUR_MS);
    const cut = await buildTimeline(long, { message: 'spring-sale' });
    expect([cut.points.length, cut.isCut]).toEqual([timelineHours + timelineDaysMax, true]);
  });

  it('refuses a message and a time zone that are not there', async () => {
    const store = await storeOf(startMs);
    await expect(buildTimeline(store, { message: 'nothing' })).rejects.toMatchObject({ code: 'UNKNOWN_MESSAGE' });
    await expect(buildTimeline(store, { message: 'spring-sale', tz: 'Berln' })).rejects.toMatchObject({
      code: 'INVALID_TIME_ZONE',
    });
  });
});
