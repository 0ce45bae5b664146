// `npm run bench collect`: what a pixel costs to answer. Each server and the client are processes of their own, pinned
// to a core each where the system allows; rounds are interleaved, and every figure is a median of its rounds.
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { NOTHING_REMOVED, type Removed } from '../src/retain/retain.ts';
import { prepareHitToken } from '../src/token/hit-token.ts';
import { addKey, createKeyRing } from '../src/token/key-ring.ts';
import { BACKLOG_MESSAGE, fillJournal, shortId } from './backlog.ts';
import type { Load, Measured } from './collect-client.ts';
import { API_TOKEN, canPin, type Started, startClient, startNginx, startServer } from './collect-servers.ts';
import { BIG_MESSAGE, fillEvents } from './many-events.ts';
import { fillStore } from './old-events.ts';
import type { BenchResult } from './run.ts';

const BARE = 'bare node:http';
const CHECKED = 'Koa + router + token check';
const OURS = 'ours, durable';
const SERVERS = [BARE, 'Koa + router', CHECKED, OURS, 'Koa + router + token check + INSERT (FULL)'];
const SHAPES = [
  { connections: 256, keepAlive: true },
  { connections: 64, keepAlive: true },
  { connections: 256, keepAlive: false },
  { connections: 64, keepAlive: false },
] as const;
const ROUNDS = 5;
const ROUND_MS = 1_500;
const RECIPIENTS = 20_000;

interface Figure {
  readonly perSecond: number;
  readonly cpuMicros: number;
  /** Of work that is done beside answering, whenever there is time. */
  readonly settlingMicros: number;
  readonly p99Ms: number;
}

/** Measures all servers. */
export async function benchCollect(): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
  const { ring, paths } = makePaths();
  const pinned = canPin();
  const client = startClient(pinned);
  const nginx = await startNginx(directory, pinned);
  const own = await Promise.all(SERVERS.map((kind) => startServer(kind, directory, ring, pinned)));
  const servers = nginx === undefined ? own : [nginx, ...own];
  try {
    const rows: Readonly<Record<string, string | number>>[] = [];
    for (const shape of SHAPES) rows.push(...(await measureShape(shape, { servers, client, paths })));
    const how = pinned ? 'server and client on a core each' : 'not pinned';
    return { bench: 'collect', of: `one pixel answered, ${how}, medians of ${ROUNDS} interleaved rounds`, rows };
  } finally {
    for (const child of [client, ...servers.map((server) => server.child)]) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Keys, and the paths of pixels under them. */
function makePaths(): { readonly ring: string; readonly paths: readonly string[] } {
  const ring = addKey(undefined, { secret: randomBytes(32), atMs: 0, sign: true });
  const seal = prepareHitToken(createKeyRing(ring).signing(), {
    message: BACKLOG_MESSAGE,
    consent: { opens: 'individual', clicks: 'individual' },
    test: false,
    recipientBytes: 0,
  });
  const paths = Array.from({ length: RECIPIENTS }, (_, index) => `/o/${seal(`recipient-${index}`)}.gif`);
  return { ring: JSON.stringify(ring), paths };
}

/**
 * Measures ours alone, and beside a backlog of a million hits that is being settled while somebody asks for the report
 * of that message ten times a second and what is old is removed.
 */
export async function benchBeside(): Promise<BenchResult> {
  const directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'telltale-bench-')));
  const [alone = '', busy = ''] = directories;
  const backlog = { hits: BACKLOG_HITS, recipients: BACKLOG_HITS / 2, idOf: shortId, clicksInTen: 0 };
  fillJournal(join(busy, 'journal.db'), backlog);
  await fillStore(join(busy, 'telltale.db'), OLD_EVENTS);
  const { ring, paths } = makePaths();
  const pinned = canPin();
  const client = startClient(pinned);
  const servers = [
    await startServer(OURS, alone, ring, pinned),
    { ...(await startServer(OURS, busy, ring, pinned)), kind: BESIDE },
  ];
  const asking = askForReports(servers[1]?.port ?? 0, BACKLOG_MESSAGE);
  await askRetained(servers[1]);
  try {
    const rows = await measureBeside(servers, client, paths);
    const { signals, events } = await askRetained(servers[1]);
    const { reportMs, left } = await asking.stop();
    const settled = `a backlog of ${BACKLOG_HITS} hits that is being settled, of which ${left} were left at the end`;
    const reports = `10 reports a second of its message, each in ${reportMs} ms`;
    const retained = `retention, which deleted ${events} events and took the raw signals of ${signals} more, of ${OLD_EVENTS} that were due`;
    const of = `${settled}, ${reports}, and ${retained}`;
    return { bench: 'beside', of: `pixels answered beside ${of}`, rows };
  } finally {
    await asking.stop();
    for (const child of [client, ...servers.map((server) => server.child)]) child.kill('SIGKILL');
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Measures ours alone, and over a store of many events while somebody asks for the report of most of them ten times a second.
 * EVENTS=10000000 RECIPIENTS=1000000 for the size that counts.
 */
export async function benchBesideReports(): Promise<BenchResult> {
  const directories = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'telltale-bench-')));
  const [alone = '', large = ''] = directories;
  const events = Number(process.env['EVENTS'] ?? 1_000_000);
  const recipients = Number(process.env['RECIPIENTS'] ?? 100_000);
  await fillEvents(join(large, 'telltale.db'), { events, recipients });
  const { ring, paths } = makePaths();
  const pinned = canPin();
  const client = startClient(pinned);
  const servers = [
    await startServer(OURS, alone, ring, pinned),
    { ...(await startServer(OURS, large, ring, pinned)), kind: 'ours, beside reports' },
  ];
  const asking = askForReports(servers[1]?.port ?? 0, BIG_MESSAGE);
  try {
    const rows = await measureBeside(servers, client, paths);
    const { reportMs } = await asking.stop();
    const of = `pixels answered beside 10 reports a second over ${events} events and ${recipients} recipients, each in ${reportMs} ms`;
    return { bench: 'beside-reports', of, rows };
  } finally {
    await asking.stop();
    for (const child of [client, ...servers.map((server) => server.child)]) child.kill('SIGKILL');
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  }
}

const BESIDE = 'ours, beside all that';
const BACKLOG_HITS = Number(process.env['HITS'] ?? 1_000_000);
/** More than a run of the bench removes. */
const OLD_EVENTS = Number(process.env['OLD'] ?? 2_000_000);

/** Lets a server remove what is old, unless it does already; gives what it has removed so far. */
async function askRetained(server: Started | undefined): Promise<Removed> {
  if (server === undefined) return NOTHING_REMOVED;
  server.child.send('retain');
  const [removed] = (await once(server.child, 'message')) as [Removed];
  return removed;
}

async function measureBeside(servers: readonly Started[], client: ChildProcess, paths: readonly string[]) {
  const figures = new Map<string, Figure[]>(servers.map(({ kind }) => [kind, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const server of servers) {
      const load = { connections: 256, keepAlive: true, paths, port: server.port, durationMs: ROUND_MS };
      const figure = await measure(server, client, load, server.kind === OURS);
      if (round > 0) figures.get(server.kind)?.push(figure);
    }
  }
  const alone = figures.get(OURS) ?? [];
  return servers.map(({ kind }) => {
    const own = figures.get(kind) ?? [];
    const shares = own.map(({ perSecond }, round) => perSecond / (alone[round]?.perSecond ?? perSecond));
    return {
      server: kind,
      'requests/s': Math.round(median(own.map((figure) => figure.perSecond))),
      'of undisturbed': median(shares).toFixed(2),
      'p99 ms': median(own.map((figure) => figure.p99Ms)).toFixed(1),
    };
  });
}

/** Asks for the report of a message ten times a second until it is stopped. */
function askForReports(port: number, message: string) {
  const times: number[] = [];
  const stopping = new AbortController();
  const get = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${API_TOKEN}` } });
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      await (await get(`/api/v1/messages/${message}`)).text();
      times.push(performance.now() - startedMs);
      await setTimeout(100);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await asking;
      const left = /^telltale_hits_journalled (\d+)/m.exec(await (await get('/metrics')).text())?.[1];
      return { reportMs: median(times).toFixed(0), left: Number(left) };
    },
  };
}

async function measureShape(
  shape: (typeof SHAPES)[number],
  { servers, client, paths }: { servers: readonly Started[]; client: ChildProcess; paths: readonly string[] },
) {
  const figures = new Map<string, Figure[]>(servers.map(({ kind }) => [kind, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const server of servers) {
      const durationMs = round === 0 ? ROUND_MS / 3 : ROUND_MS;
      const figure = await measure(server, client, { ...shape, paths, port: server.port, durationMs });
      // The first round only warms up.
      if (round > 0) figures.get(server.kind)?.push(figure);
    }
  }
  const medianOf = (kind: string, of: (figure: Figure) => number) => median((figures.get(kind) ?? []).map(of));
  /** The median of a figure's ratios within each round: what disturbs a round disturbs both. */
  const ratio = (kind: string, to: string, of: (figure: Figure) => number) =>
    median((figures.get(kind) ?? []).map((figure, round) => of(figure) / of(figures.get(to)?.[round] ?? figure)));
  return servers.map(({ kind }) => ({
    server: kind,
    connections: shape.keepAlive ? `${shape.connections}, kept` : `${shape.connections}, one a request`,
    'requests/s': Math.round(medianOf(kind, (figure) => figure.perSecond)),
    'of bare': ratio(kind, BARE, (figure) => figure.perSecond).toFixed(2),
    'of Koa + check': ratio(kind, CHECKED, (figure) => figure.perSecond).toFixed(2),
    'CPU µs': medianOf(kind, (figure) => figure.cpuMicros).toFixed(0),
    'settling µs': medianOf(kind, (figure) => figure.settlingMicros).toFixed(0),
    'CPU of bare': ratio(kind, BARE, (figure) => figure.cpuMicros).toFixed(2),
    'p99 ms': medianOf(kind, (figure) => figure.p99Ms).toFixed(1),
    'p99 of Koa + check': ratio(kind, CHECKED, (figure) => figure.p99Ms).toFixed(2),
  }));
}

async function measure(server: Started, client: ChildProcess, load: Load, finishes = true): Promise<Figure> {
  const before = await server.usedCpu();
  client.send(load);
  const [measured] = (await once(client, 'message')) as [Measured];
  const after = await server.usedCpu();
  // What is left to do would disturb the next one.
  if (finishes) await server.finish();
  if (measured.failures > 0) throw new Error(`${measured.failures} requests to ${server.kind} failed`);
  return {
    perSecond: measured.requests / measured.seconds,
    cpuMicros: (after.answering - before.answering) / measured.requests,
    settlingMicros: (after.settling - before.settling) / measured.requests,
    p99Ms: measured.p99Ms,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
