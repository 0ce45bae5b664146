// What forwarding takes: a backlog of a journal, read, cut into partitions, published and acknowledged, and forgotten by the
// journal, against publishing the same messages as they are over the same connection. One server, one copy, files on disk.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forwardBatchHits } from '../src/base/limits.ts';
import { openJournal } from '../src/journal/open-journal.ts';
import { makeJournalReader } from '../src/journal/read-journal.ts';
import { openStore } from '../src/store/open-store.ts';
import { startConsuming } from '../src/stream/consume.ts';
import { startForwarder } from '../src/stream/forwarder.ts';
import { linkStream, type OpenStream, type StreamLink } from '../src/stream/open-stream.ts';
import { STREAM_NAME } from '../src/stream/stream-config.ts';
import { readStreamSettings } from '../src/stream/stream-settings.ts';
import { makeDatabase } from '../test/support/postgres.ts';
import { fillJournal, shortId } from './backlog.ts';
import type { BenchResult } from './run.ts';

const HITS = Number(process.env['HITS'] ?? 100_000);
const MESSAGES = 1_000;
const PORT = 24_222;
const ROUNDS = 3;

interface Kept {
  readonly subject: string;
  readonly body: string;
}

/** Forwards, publishes the same anew, and settles it, in turn; into PostgreSQL, or into SQLite. */
export async function benchStream(isPostgres = false): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-bench-'));
  const server = spawn('nats-server', ['-js', '-a', '127.0.0.1', '-p', String(PORT), '-sd', directory], {
    stdio: 'ignore',
  });
  const link = linkStream(readStreamSettings({ url: `nats://127.0.0.1:${PORT}`, replicas: '1' }), () => undefined);
  try {
    const stream = await untilOpen(link);
    const rows: BenchResult['rows'][number][] = [];
    for (let round = 1; round <= ROUNDS; round += 1)
      rows.push(await run({ link, stream, isPostgres }, join(directory, `round-${round}`)));
    return {
      bench: 'stream',
      of: `${HITS} hits of ${MESSAGES} messages, journal to stream to ${isPostgres ? 'PostgreSQL' : 'SQLite'}, one nats-server`,
      rows,
    };
  } finally {
    await link.close();
    server.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

async function untilOpen(link: StreamLink): Promise<OpenStream> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await link.open();
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(100);
    }
  }
}

interface Way {
  readonly link: StreamLink;
  readonly stream: OpenStream;
  readonly isPostgres: boolean;
}

async function run({ link, stream, isPostgres }: Way, path: string): Promise<BenchResult['rows'][number]> {
  fillJournal(`${path}.db`, { hits: HITS, recipients: HITS / 2, idOf: shortId, clicksInTen: 0, messages: MESSAGES });
  const journal = await openJournal(`${path}.db`);
  await stream.jsm.streams.purge(STREAM_NAME);
  const startedMs = performance.now();
  // Read as the server reads it, over a connection of its own.
  const reader = makeJournalReader(`${path}.db`);
  const read = async (after: number, limit: number) => reader.read(after, limit);
  const forwarder = startForwarder({ journal: { ...journal, read }, link, onProblem: fail });
  await forwarder.settleNow();
  const forwardMs = performance.now() - startedMs;
  await forwarder.stop();
  reader.close();
  const kept = await messagesOf(stream);
  const database = isPostgres ? await makeDatabase(true) : undefined;
  const settleMs = await settle(link, stream, database?.url ?? `sqlite:${path}-store.db`);
  await database?.drop();
  const rawMs = await publishRaw(stream, kept);
  await stream.jsm.streams.purge(STREAM_NAME);
  await journal.close();
  return {
    'hits forwarded/s': Math.round(HITS / (forwardMs / 1_000)),
    'acknowledgements/s': Math.round(kept.length / (forwardMs / 1_000)),
    'hits/message': Math.round(HITS / kept.length),
    'raw acknowledgements/s': Math.round(kept.length / (rawMs / 1_000)),
    'of raw': Number((rawMs / forwardMs).toFixed(3)),
    'hits settled/s': Math.round(HITS / (settleMs / 1_000)),
  };
}

async function messagesOf({ jsm }: OpenStream): Promise<readonly Kept[]> {
  const { state } = await jsm.streams.info(STREAM_NAME);
  const kept: Kept[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await jsm.streams.getMessage(STREAM_NAME, { seq });
    if (message !== null) kept.push({ subject: message.subject, body: message.string() });
  }
  return kept;
}

async function settle(link: StreamLink, { jsm }: OpenStream, databaseUrl: string): Promise<number> {
  const store = await openStore(databaseUrl);
  const startedMs = performance.now();
  const consuming = startConsuming({ link, store, onProblem: fail });
  while ((await jsm.streams.info(STREAM_NAME)).state.messages > 0) await sleep(20);
  const settledMs = performance.now() - startedMs;
  await consuming.stop();
  await store.close();
  return settledMs;
}

/** As many in flight as one batch of a journal has. */
async function publishRaw({ js }: OpenStream, kept: readonly Kept[]): Promise<number> {
  const inFlight = Math.max(1, Math.round((kept.length * forwardBatchHits) / HITS));
  const startedMs = performance.now();
  for (let from = 0; from < kept.length; from += inFlight) {
    await Promise.all(kept.slice(from, from + inFlight).map(({ subject, body }) => js.publish(subject, body)));
  }
  return performance.now() - startedMs;
}

function fail(error: unknown): void {
  process.stderr.write(`${error}\n`);
}
