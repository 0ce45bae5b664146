// How fast a backlog settles, and what a settled hit takes on disk: opens of one message, two a recipient on average,
// in the order of time, by 300 user agents. HITS=1000000 for the size that counts; 200,000 take a minute.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../src/engine/start-engine.ts';
import { openJournal } from '../src/journal/open-journal.ts';
import { BACKLOG_MESSAGE, BACKLOG_START_MS, fillJournal, shortId } from './backlog.ts';
import type { BenchResult } from './run.ts';

const HITS = Number(process.env['HITS'] ?? 200_000);
const RECIPIENTS = HITS / 2;

interface Shape {
  readonly name: string;
  readonly idOf: (recipient: number) => string;
  readonly recordsSends: boolean;
  /** Of each ten hits so many are clicks; hits then come from the addresses of their recipients. */
  readonly clicksInTen: number;
}

const SHAPES: readonly Shape[] = [
  {
    name: '12-byte ids, no sends',
    idOf: shortId,
    recordsSends: false,
    clicksInTen: 0,
  },
  { name: 'UUIDs, sends recorded', idOf: uuidOf, recordsSends: true, clicksInTen: 0 },
  { name: '12-byte ids, addresses, one click in ten', idOf: shortId, recordsSends: false, clicksInTen: 1 },
];

/** Settles a backlog in each shape. */
export async function benchSettle(): Promise<BenchResult> {
  const rows: BenchResult['rows'][number][] = [];
  for (const shape of SHAPES) rows.push(await run(shape));
  return { bench: 'settle', of: `a backlog of ${HITS} hits by ${RECIPIENTS} recipients, journal to store`, rows };
}

async function run(shape: Shape): Promise<BenchResult['rows'][number]> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
  try {
    const journalPath = join(directory, 'journal.db');
    const journalBytes = fillJournal(journalPath, { ...shape, hits: HITS, recipients: RECIPIENTS });
    const engine = await startEngine({
      databaseUrl: `sqlite:${join(directory, 'telltale.db')}`,
      onProblem: (error) => process.stderr.write(`${error}\n`),
    });
    if (shape.recordsSends) await recordSends(engine.store, shape);
    const journal = await openJournal(journalPath);
    const startedMs = performance.now();
    const cpuBefore = process.cpuUsage();
    const settler = await engine.settle(journal);
    await settler.settleNow();
    const seconds = (performance.now() - startedMs) / 1_000;
    const { user, system } = process.cpuUsage(cpuBefore);
    await settler.stop();
    await journal.close();
    await engine.close();
    return {
      shape: shape.name,
      'hits/s': Math.round(HITS / seconds),
      // Of all threads; holds better than the time on a busy machine.
      'CPU µs/hit': Number(((user + system) / HITS).toFixed(1)),
      'bytes/hit': Number((bytesIn(directory) / HITS).toFixed(1)),
      'journal bytes/hit before': Math.round(journalBytes / HITS),
      seconds: Number(seconds.toFixed(1)),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function recordSends(store: Awaited<ReturnType<typeof startEngine>>['store'], { idOf }: Shape): Promise<void> {
  for (let from = 0; from < RECIPIENTS; from += 500) {
    const sends = Array.from({ length: Math.min(500, RECIPIENTS - from) }, (_, at) => ({
      recipient: idOf(from + at),
      atMs: BACKLOG_START_MS - 1_000 + from,
      domain: `d${at % 50}.example`,
    }));
    await store.recordSends(BACKLOG_MESSAGE, sends);
  }
}

function uuidOf(recipient: number): string {
  const hex = recipient.toString(16).padStart(8, '0');
  return `${hex}-5a0c-4f7e-9b1d-${hex}c0de`;
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
