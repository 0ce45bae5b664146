// What PostgreSQL as the store costs: a backlog settled by 1, 2 and 4 settlers into one database, of one message and of
// many, beside SQLite and beside the floor, which is PostgreSQL's COPY of the same events and nothing else; the way through
// a stream; and what a report takes once there are many events. TELLTALE_TEST_POSTGRES names a server whose user may make
// databases, psql and nats-server must be there; HITS and EVENTS are the sizes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { startEngine } from '../src/engine/start-engine.ts';
import { openJournal } from '../src/journal/open-journal.ts';
import { buildReport } from '../src/report/build-report.ts';
import { openStore } from '../src/store/open-store.ts';
import { makeDatabase } from '../test/support/postgres.ts';
import { BACKLOG_MESSAGE, BACKLOG_START_MS, fillJournal, shortId } from './backlog.ts';
import type { BenchResult } from './run.ts';
import { benchStream } from './stream.ts';

const HITS = Number(process.env['HITS'] ?? 40_000);
const EVENTS = (process.env['EVENTS'] ?? '1000000').split(',').map(Number);
const MESSAGES = 1_000;
const REPORTS = 50;

/** Settles in each form, directly and through a stream, then reports. */
export async function benchScale(): Promise<readonly BenchResult[]> {
  const settled: BenchResult['rows'][number][] = [];
  for (const messages of [1, MESSAGES]) {
    let floor = Number.NaN;
    const row = (store: string, { seconds, inTurn }: Settled) => {
      const perSecond = HITS / seconds;
      const ofFloor = Number((perSecond / floor).toFixed(3));
      settled.push({ store, messages, 'hits/s': Math.round(perSecond), 'of COPY': ofFloor, 'in turn': inTurn });
    };
    const copy = async (url: string) => {
      floor = await copyEvents(url);
    };
    for (const settlers of [1, 2, 4]) {
      const then = settlers === 1 ? copy : undefined;
      const result = await settle({ messages, settlers, isPostgres: true, then });
      row(`PostgreSQL, ${settlers} settler${settlers > 1 ? 's' : ''}`, result);
    }
    row('SQLite, 1 settler', await settle({ messages, settlers: 1, isPostgres: false }));
    settled.push({
      ...{ store: 'COPY of the same events', messages, 'hits/s': Math.round(floor), 'of COPY': 1, 'in turn': '' },
    });
  }
  return [
    { bench: 'scale', of: `a backlog of ${HITS} hits, one click in ten`, rows: settled },
    await benchStream(true),
    { bench: 'scale reports', of: 'reports of a message in PostgreSQL, among so many events', rows: await reports() },
  ];
}

interface Settled {
  readonly seconds: number;
  /** The share of the time in which one of them had the turn that they all need, as far as it was looked at. */
  readonly inTurn: number | '';
}

/** Looks often whether somebody has the turn; the function ends that and tells the share. */
async function watchTurn(url: string): Promise<() => Promise<number>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  let isDone = false;
  const looks: boolean[] = [];
  const looking = (async () => {
    while (!isDone) {
      const { rowCount } = await client.query(TURN_TAKEN);
      looks.push((rowCount ?? 0) > 0);
      await pause(LOOK_MS);
    }
  })();
  return async () => {
    isDone = true;
    await looking;
    await client.end();
    return Number((looks.filter(Boolean).length / looks.length).toFixed(2));
  };
}

const LOOK_MS = 10;
const TURN_TAKEN = `SELECT FROM pg_locks WHERE relation = 'turns'::regclass AND mode = 'RowExclusiveLock' AND granted LIMIT 1`;

async function settle(of: {
  readonly messages: number;
  readonly settlers: number;
  readonly isPostgres: boolean;
  /** Looks into the database before it goes. */
  readonly then?: ((url: string) => Promise<void>) | undefined;
}): Promise<Settled> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
  const database = of.isPostgres ? await makeDatabase(true) : undefined;
  const databaseUrl = database?.url ?? `sqlite:${join(directory, 'telltale.db')}`;
  try {
    const hits = HITS / of.settlers;
    const ready = [];
    for (let settler = 0; settler < of.settlers; settler += 1) {
      const path = join(directory, `journal-${settler}.db`);
      fillJournal(path, {
        ...{ hits, recipients: HITS / 2, idOf: shortId, clicksInTen: 1, messages: of.messages },
        collector: settler,
      });
      const engine = await startEngine({ databaseUrl, onProblem: (error) => process.stderr.write(`${error}\n`) });
      ready.push({ engine, journal: await openJournal(path) });
    }
    const watched = of.isPostgres ? await watchTurn(databaseUrl) : undefined;
    const startedMs = performance.now();
    await Promise.all(
      ready.map(async ({ engine, journal }) => {
        const settler = await engine.settle(journal);
        await settler.settleNow();
        await settler.stop();
      }),
    );
    const seconds = (performance.now() - startedMs) / 1_000;
    const inTurn = (await watched?.()) ?? '';
    for (const { engine, journal } of ready) {
      await journal.close();
      await engine.close();
    }
    await of.then?.(databaseUrl);
    return { seconds, inTurn };
  } finally {
    await database?.drop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Events a second when PostgreSQL copies those of a database into another that has nothing else to do. */
async function copyEvents(from: string): Promise<number> {
  const { url, drop } = await makeDatabase();
  const psql = (to: string, command: string, input?: Buffer) =>
    execFileSync('psql', [to, '-qc', command], { maxBuffer: Number.POSITIVE_INFINITY, ...(input && { input }) });
  try {
    psql(url, "CREATE TABLE events_all PARTITION OF events FOR VALUES FROM ('\\x00') TO ('\\xfe')");
    const rows = psql(from, 'COPY (SELECT * FROM events) TO STDOUT');
    const startedMs = performance.now();
    psql(url, 'COPY events FROM STDIN', rows);
    return HITS / ((performance.now() - startedMs) / 1_000);
  } finally {
    await drop();
  }
}

/** What a report takes while other events pile up around it. */
async function reports(): Promise<BenchResult['rows']> {
  const { url, drop } = await makeDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
  const client = new Client({ connectionString: url });
  await client.connect();
  const engine = await startEngine({ databaseUrl: url, onProblem: (error) => process.stderr.write(`${error}\n`) });
  try {
    const path = join(directory, 'journal.db');
    fillJournal(path, { hits: 10_000, recipients: 5_000, idOf: shortId, clicksInTen: 1 });
    const journal = await openJournal(path);
    const settler = await engine.settle(journal);
    await settler.settleNow();
    await settler.stop();
    await journal.close();
    const rows: BenchResult['rows'][number][] = [];
    let there = 10_000;
    for (const events of EVENTS) {
      await client.query(
        `INSERT INTO events SELECT 1, decode(lpad(to_hex(${BACKLOG_START_MS}::bigint + at / 100), 12, '0') || lpad(to_hex(at), 20, 'f'), 'hex'),
          0, decode(lpad(to_hex(at % 500000), 16, '0'), 'hex'), NULL, NULL, 1, 1, 1, 0, NULL, 0, 0, 0
         FROM generate_series(${there}::bigint, ${events}::bigint) AS made(at) ON CONFLICT DO NOTHING`,
      );
      await client.query('ANALYZE');
      there = events + 1;
      rows.push({ events, ...(await timeReports(url)) });
    }
    return rows;
  } finally {
    await engine.close();
    await client.end();
    await drop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function timeReports(url: string): Promise<{ readonly 'median ms': number; readonly 'p95 ms': number }> {
  const store = await openStore(url, { migrate: false });
  try {
    const times: number[] = [];
    for (let report = 0; report < REPORTS; report += 1) {
      const startedMs = performance.now();
      await buildReport(store, { message: BACKLOG_MESSAGE });
      times.push(performance.now() - startedMs);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(1));
    return { 'median ms': at(0.5), 'p95 ms': at(0.95) };
  } finally {
    await store.close();
  }
}
