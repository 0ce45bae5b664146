import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { retainedAtOnce } from '../../src/base/limits.ts';
import type { Hit } from '../../src/base/nouns.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { cutoffOf, DEFAULT_RETENTION, type RetentionPolicy } from '../../src/retain/age.ts';
import { dueAt, type Removed, retain } from '../../src/retain/retain.ts';
import { openStore, type Store } from '../../src/store/open-store.ts';
import { NO_TEXT } from '../../src/store/tables.ts';
import { builtFile } from '../support/built.ts';
import { makeHit, makeLink } from '../support/hits.ts';
import { killAt } from '../support/kill-at.ts';
import { allRows, openTestStore, rowsOf, settleHits } from '../support/stores.ts';

const DAY = 86_400_000;
/** The start of a day: texts go by whole days. */
const nowMs = Date.UTC(2026, 5, 15);
const signalsMs = cutoffOf(DEFAULT_RETENTION.signals, nowMs) ?? 0;
const eventsMs = cutoffOf(DEFAULT_RETENTION.events, nowMs) ?? 0;

interface Run {
  readonly policy?: RetentionPolicy;
  readonly now?: () => number;
  readonly trustClock?: boolean;
}

async function retainAll(store: Store, { policy = DEFAULT_RETENTION, now = () => nowMs, trustClock = true }: Run = {}) {
  const steps: Removed[] = [];
  const doubt = await retain({ store, policy, now, trustClock, onStep: (step) => steps.push(step) });
  const sum = (of: keyof Removed) => steps.reduce((rows, step) => rows + step[of], 0);
  return { steps, doubt, removed: { signals: sum('signals'), events: sum('events'), texts: sum('texts') } };
}

const agent = (name: string) => ({ headers: { 'user-agent': `Mozilla/5.0 ${name}` } });

/** Hits of all ages: on both sides of both cutoffs, to the millisecond. */
function hitsOfAllAges(): readonly Hit[] {
  return [
    makeHit({ atMs: eventsMs - 1, ...agent('gone'), peer: '0123456789abcdef' }),
    makeHit({ atMs: eventsMs, ...agent('stripped'), network: 'google', link: makeLink() }),
    makeHit({ atMs: signalsMs - 1, ...agent('stripped too'), recipient: 'r2', peer: '0123456789abcdef' }),
    makeHit({ atMs: signalsMs, ...agent('kept'), network: 'google', peer: '0123456789abcdef' }),
    makeHit({ atMs: nowMs, ...agent('new'), message: 'other' }),
  ];
}

const agents = (path: string) =>
  rowsOf(
    path,
    `SELECT hex(substr(hit_id, 1, 6)) AS at, a.text AS agent, m.text AS method, network, peer IS NULL AS peerless
     FROM events JOIN texts a ON a.key = agent_key JOIN texts m ON m.key = method_key ORDER BY hit_id`,
  ).map(({ at, agent, ...row }) => ({ at: Number.parseInt(String(at), 16), agent, ...row }));

const dangling = (path: string) =>
  rowsOf(
    path,
    `SELECT hit_id FROM events WHERE agent_key NOT IN (SELECT key FROM texts) OR method_key NOT IN (SELECT key FROM texts)
     OR destination_key NOT IN (SELECT key FROM texts)`,
  );

describe('retention', () => {
  it('takes raw signals after 30 days and events after 13 months, to the millisecond, and nothing younger', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    const { removed } = await retainAll(store);
    // "GET" is as old as its newest hit.
    expect(removed).toEqual({ signals: 2, events: 1, texts: 3 });
    const gone = { agent: '', method: '', network: 0, peerless: 1 };
    expect(agents(path)).toEqual([
      { at: eventsMs, ...gone },
      { at: signalsMs - 1, ...gone },
      { at: signalsMs, agent: 'Mozilla/5.0 kept', method: 'GET', network: 2, peerless: 0 },
      { at: nowMs, agent: 'Mozilla/5.0 new', method: 'GET', network: 0, peerless: 1 },
    ]);
    expect(rowsOf(path, 'SELECT DISTINCT agent_key, method_key FROM events WHERE method_key = 0')).toEqual([
      { agent_key: NO_TEXT, method_key: NO_TEXT },
    ]);
    expect(dangling(path)).toEqual([]);
  });

  it('leaves reports, counts, states and sends as they were', async () => {
    const { store, path } = await openTestStore();
    await store.recordSends('spring-sale', [{ recipient: 'r1', atMs: eventsMs - 2, domain: 'example.com' }]);
    await settleHits(store, hitsOfAllAges());
    const touched = ['events', 'texts', 'kept_events', 'clock'];
    const before = [await buildReport(store, { message: 'spring-sale' }), allRows(path, ...touched)];
    await retainAll(store);
    expect([await buildReport(store, { message: 'spring-sale' }), allRows(path, ...touched)]).toEqual(before);
  });

  it('changes nothing when it runs again, and does what has become due since', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    await retainAll(store);
    const before = allRows(path);
    expect((await retainAll(store)).removed).toEqual({ signals: 0, events: 0, texts: 0 });
    expect(allRows(path)).toEqual(before);
    const { removed } = await retainAll(store, { now: () => nowMs + 1 });
    expect(removed).toEqual({ signals: 1, events: 1, texts: 0 });
    expect((await retainAll(store, { now: () => nowMs + 5_000 * DAY })).removed).toEqual({
      signals: 0,
      events: 3,
      texts: 3,
    });
    expect(rowsOf(path, 'SELECT * FROM kept_events')).toEqual([]);
  });

  it('finds hits that come late, behind those that it has been through', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    await retainAll(store);
    await settleHits(store, [
      makeHit({ atMs: eventsMs - 9 * DAY, ...agent('late') }),
      makeHit({ atMs: signalsMs - 9 * DAY, ...agent('stripped') }),
      makeHit({ atMs: nowMs, ...agent('late') }),
    ]);
    expect((await retainAll(store)).removed).toEqual({ signals: 1, events: 1, texts: 1 });
    expect(agents(path).filter((row) => row.agent === 'Mozilla/5.0 late')).toHaveLength(1);
    expect(dangling(path)).toEqual([]);
  });

  it('goes in steps of bounded size, over messages and within one', async () => {
    const { store, path } = await openTestStore();
    const old = Array.from({ length: retainedAtOnce + 7 }, (_, at) => makeHit({ atMs: signalsMs - 1 - (at % 3) }));
    const many = Array.from({ length: 40 }, (_, at) => makeHit({ message: `m${at}`, atMs: eventsMs - 1 - at }));
    await settleHits(store, [...old, ...many, makeHit({ atMs: signalsMs })]);
    const { steps, removed } = await retainAll(store);
    expect(removed).toEqual({ signals: old.length, events: 40, texts: 0 });
    expect(steps.length).toBeGreaterThanOrEqual(2);
    for (const step of steps) expect(step.signals + step.events + step.texts).toBeLessThanOrEqual(retainedAtOnce);
    expect(rowsOf(path, 'SELECT count(*) AS rows FROM events WHERE method_key != 0')).toEqual([{ rows: 1 }]);
  });

  it('looks no row up without an index', async () => {
    const { path } = await openTestStore();
    const plan = (sql: string) => rowsOf(path, `EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail));
    const span = "message_key = 1 AND hit_id >= x'00' AND hit_id < x'01'";
    for (const sql of [
      "SELECT message_key FROM kept_events WHERE signals_from < x'01' ORDER BY signals_from LIMIT 1",
      "SELECT message_key FROM kept_events WHERE events_from < x'01' ORDER BY events_from LIMIT 1",
      `UPDATE events SET agent_key = 0, peer = NULL WHERE ${span} AND method_key != 0`,
      `DELETE FROM events WHERE ${span}`,
      'SELECT key FROM texts WHERE last_day < 1 ORDER BY last_day LIMIT 5',
    ]) {
      expect(plan(sql).every((line) => line.startsWith('SEARCH'))).toBe(true);
    }
  });

  it('keeps for good what never goes, and texts that events still have', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    const before = allRows(path, 'clock');
    await retainAll(store, { policy: { signals: 'never', events: 'never' } });
    expect(allRows(path, 'clock')).toEqual(before);
    const { removed } = await retainAll(store, { policy: { ...DEFAULT_RETENTION, signals: 'never' } });
    expect(removed).toEqual({ signals: 0, events: 1, texts: 1 });
    expect(agents(path).map((row) => row.agent)).toEqual(
      ['stripped', 'stripped too', 'kept', 'new'].map((name) => `Mozilla/5.0 ${name}`),
    );
  });

  it('keeps a text that is a destination, also when a user agent had it first', async () => {
    const { store, path } = await openTestStore();
    const url = 'https://example.com/a';
    const atMs = signalsMs - DAY;
    await settleHits(store, [makeHit({ atMs, headers: { 'user-agent': url } })]);
    await settleHits(store, [makeHit({ atMs, link: makeLink({ destination: url }) })]);
    await settleHits(store, [makeHit({ atMs, headers: { 'user-agent': url } })]);
    await retainAll(store);
    const links = await store.linksOf('spring-sale', 10);
    expect(links.map(({ destination }) => destination)).toEqual([url]);
    expect(dangling(path)).toEqual([]);
  });

  it('leaves no user agent in any table that no event has', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    expect(JSON.stringify(allRows(path))).toContain('stripped too');
    await retainAll(store);
    expect(JSON.stringify(allRows(path))).not.toMatch(/stripped|gone/);
  });

  it('forgets numbers of texts that another process removed', async () => {
    const { store, path } = await openTestStore();
    const late = () => makeHit({ atMs: signalsMs - DAY, ...agent('late') });
    await settleHits(store, [late()]);
    const other = await openStore(`sqlite:${path}`);
    expect((await retainAll(other)).removed.texts).toBe(2);
    await other.close();
    await settleHits(store, [late()]);
    expect(dangling(path)).toEqual([]);
    expect(agents(path).map((row) => row.agent)).toEqual(['', 'Mozilla/5.0 late']);
  });

  it('lets no hit speak whose raw signals are gone, and none be said of', async () => {
    const { store, path } = await openTestStore();
    const at = (ms: number, index: number) => makeHit({ atMs: signalsMs - DAY + ms, link: makeLink({ index }) });
    await settleHits(store, [at(0, 0), at(1, 1)]);
    const verdicts = () =>
      rowsOf(path, 'SELECT label FROM events JOIN verdicts ON verdicts.key = verdict_key ORDER BY hit_id');
    const before = verdicts();
    await retainAll(store);
    // The third link within three seconds would make all of them a program's.
    await settleHits(store, [at(2, 2)]);
    expect(verdicts().slice(0, 2)).toEqual(before);
    expect(verdicts()[2]).toEqual(before[0]);
  });
});

describe('retention that is killed', () => {
  it.each([1, 2, 4, 7])(
    'before change %i leaves what the next run ends, and every count',
    async (at) => {
      const { store, path } = await openTestStore();
      const old = Array.from({ length: 60 }, (_, n) => [
        makeHit({ message: `m${n % 4}`, atMs: eventsMs - 1 - n, ...agent(`a${n}`) }),
        makeHit({ message: `m${n % 4}`, atMs: signalsMs - 1 - n, ...agent(`b${n}`) }),
      ]);
      await settleHits(store, old.flat());
      const counts = allRows(path, 'events', 'texts', 'kept_events', 'clock');
      const script = builtFile(new URL('../support/retain-once.ts', import.meta.url));
      const sql = '^(delete from|update) "(events|kept_events|texts)"';
      const env = { ...process.env, ...killAt({ file: 'telltale.db', sql, at }) };
      const { signal } = spawnSync(process.execPath, [script, path, String(nowMs)], { env });
      expect(signal).toBe('SIGKILL');
      await retainAll(store);
      expect(rowsOf(path, 'SELECT count(*) AS rows, max(method_key) AS methods FROM events')).toEqual([
        { rows: 60, methods: 0 },
      ]);
      expect(rowsOf(path, "SELECT text FROM texts WHERE text LIKE 'Mozilla%'")).toEqual([]);
      expect(allRows(path, 'events', 'texts', 'kept_events', 'clock')).toEqual(counts);
    },
    60_000,
  );
});

describe('retention by a doubtful clock', () => {
  const clock = (path: string) => rowsOf(path, 'SELECT newest_ms, believed_ms, doubted_ms FROM clock')[0];

  it.each([
    ['behind the newest hit', -7 * 3_600_000, 'behind'],
    ['ahead by years', 5_000 * DAY, 'ahead'],
  ])('%s removes nothing', async (_, byMs, kind) => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    const before = allRows(path, 'clock');
    const { doubt, removed } = await retainAll(store, { now: () => nowMs + byMs, trustClock: false });
    expect(doubt).toEqual({ kind, nowMs: nowMs + byMs, knownMs: nowMs });
    expect(removed).toEqual({ signals: 0, events: 0, texts: 0 });
    expect(allRows(path, 'clock')).toEqual(before);
  });

  it('stops between two steps when the clock leaps', async () => {
    const { store, path } = await openTestStore();
    const old = Array.from({ length: retainedAtOnce + 7 }, () => makeHit({ atMs: signalsMs - 1 }));
    await settleHits(store, [...old, makeHit({ atMs: nowMs })]);
    const times = [nowMs, nowMs + 5_000 * DAY];
    const now = () => times.shift() ?? 0;
    const { doubt, removed } = await retainAll(store, { now, trustClock: false });
    expect(doubt?.kind).toBe('ahead');
    expect(removed).toEqual({ signals: retainedAtOnce, events: 0, texts: 0 });
    expect(rowsOf(path, 'SELECT count(*) AS rows FROM events')).toEqual([{ rows: old.length + 1 }]);
  });

  it('is believed once it has stood for a day, so that a mailing nobody hits ages too', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    const later = nowMs + 1_000 * DAY;
    const run = (atMs: number) => retainAll(store, { now: () => atMs, trustClock: false });
    expect((await run(nowMs)).doubt).toBeUndefined();
    expect((await run(later)).doubt?.kind).toBe('ahead');
    expect((await run(later + DAY)).removed.events).toBe(4);
    expect(clock(path)).toEqual({ newest_ms: nowMs, believed_ms: later + DAY, doubted_ms: null });
  });

  it('is trusted on request, also against a hit from the future', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, [...hitsOfAllAges(), makeHit({ atMs: nowMs + 900 * DAY })]);
    expect((await retainAll(store, { trustClock: false })).doubt?.kind).toBe('behind');
    expect((await retainAll(store)).removed.events).toBe(1);
    expect((await retainAll(store, { trustClock: false })).doubt).toBeUndefined();
    expect(clock(path)).toEqual({ newest_ms: nowMs, believed_ms: nowMs, doubted_ms: null });
  });
});

describe('countDue', () => {
  it('says what a run would remove, from when on, and changes nothing', async () => {
    const { store, path } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    const before = allRows(path);
    const due = await store.countDue(dueAt(DEFAULT_RETENTION, nowMs));
    expect(due).toEqual({
      signals: { rows: 2, oldestMs: eventsMs },
      events: { rows: 1, oldestMs: eventsMs - 1 },
      texts: 3,
      doubt: undefined,
    });
    expect(allRows(path)).toEqual(before);
    expect((await retainAll(store)).removed).toEqual({ signals: 2, events: 1, texts: 3 });
    expect(await store.countDue(dueAt(DEFAULT_RETENTION, nowMs))).toEqual({
      signals: { rows: 0, oldestMs: null },
      events: { rows: 0, oldestMs: null },
      texts: 0,
      doubt: undefined,
    });
  });

  it('counts nothing of what is kept for good, and names the doubt', async () => {
    const { store } = await openTestStore();
    await settleHits(store, hitsOfAllAges());
    const due = await store.countDue(dueAt({ signals: 'never', events: 'never' }, nowMs + 99 * DAY));
    expect(due).toMatchObject({ signals: { rows: 0 }, events: { rows: 0 }, texts: 0, doubt: { kind: 'ahead' } });
  });
});
