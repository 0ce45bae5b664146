// How fast a backlog settles, and what a settled hit takes on disk: opens of one message, two a recipient on average,
// in the order of time, by 300 user agents. HITS=1000000 for the size that counts; 200,000 take a minute.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hit } from '../src/base/nouns.ts';
import { startEngine } from '../src/engine/start-engine.ts';
import { JournalFile } from '../src/journal/journal-file.ts';
import { openJournal } from '../src/journal/open-journal.ts';
import type { BenchResult } from './run.ts';

const HITS = Number(process.env['HITS'] ?? 200_000);
const RECIPIENTS = HITS / 2;
const MESSAGE = 'spring-sale';
const START_MS = Date.UTC(2026, 0, 1);
const SPREAD_MS = 3 * 86_400_000;
const AGENTS = 300;

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
    idOf,
    recordsSends: false,
    clicksInTen: 0,
  },
  { name: 'UUIDs, sends recorded', idOf: uuidOf, recordsSends: true, clicksInTen: 0 },
  { name: '12-byte ids, addresses, one click in ten', idOf: idOf, recordsSends: false, clicksInTen: 1 },
];

function idOf(recipient: number): string {
  return `r${String(recipient).padStart(11, '0')}`;
}

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
    const journalBytes = fillJournal(journalPath, shape);
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

/** Returns how large the journal became. */
function fillJournal(path: string, shape: Shape): number {
  const chance = seeded(7);
  const file = new JournalFile(path, Number.MAX_SAFE_INTEGER);
  for (let from = 0; from < HITS; from += 5_000) {
    const count = Math.min(5_000, HITS - from);
    const bodies = Array.from({ length: count }, (_, at) => {
      const atMs = START_MS + Math.floor(((from + at) / HITS) * SPREAD_MS);
      const recipient = Math.floor(chance() * RECIPIENTS);
      const open = openOf(shape.idOf(recipient), atMs, Math.floor(chance() * AGENTS));
      return JSON.stringify(
        shape.clicksInTen === 0 ? open : fromItsAddress(open, recipient, at % 10 < shape.clicksInTen),
      );
    });
    file.append(bodies, { overflow: 0, failed: 0 });
  }
  file.close();
  return statSync(path).size;
}

function openOf(recipient: string, atMs: number, agent: number): Hit {
  const browser = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${agent}.0.0.0 Safari/537.36`;
  return {
    id: atMs.toString(16).padStart(12, '0') + randomBytes(10).toString('hex'),
    kind: 'open',
    message: MESSAGE,
    recipient,
    level: 'individual',
    test: false,
    link: null,
    repeat: false,
    peer: null,
    network: 'unknown',
    networkLists: '2026-01-01-000000',
    atMs,
    method: 'GET',
    headers: { 'user-agent': browser, 'accept-language': 'en' },
  };
}

function fromItsAddress(open: Hit, recipient: number, isClick: boolean): Hit {
  const hit: Hit = { ...open, peer: recipient.toString(16).padStart(16, '5') };
  if (!isClick) return hit;
  const index = recipient % 8;
  return {
    ...hit,
    kind: 'click',
    link: { index, count: 8, destination: `https://shop.example/${index}`, honeypot: false },
  };
}

async function recordSends(store: Awaited<ReturnType<typeof startEngine>>['store'], { idOf }: Shape): Promise<void> {
  for (let from = 0; from < RECIPIENTS; from += 500) {
    const sends = Array.from({ length: Math.min(500, RECIPIENTS - from) }, (_, at) => ({
      recipient: idOf(from + at),
      atMs: START_MS - 1_000 + from,
      domain: `d${at % 50}.example`,
    }));
    await store.recordSends(MESSAGE, sends);
  }
}

function uuidOf(recipient: number): string {
  const hex = recipient.toString(16).padStart(8, '0');
  return `${hex}-5a0c-4f7e-9b1d-${hex}c0de`;
}

/** A chain of numbers from 0 to 1, the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
