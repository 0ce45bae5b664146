// `telltale serve` starts over a journal in which many hits wait, and over an empty one, in turn. It listens as soon, keeps
// what is asked of it at once, and settles what waits beside that.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBody } from '../../src/base/hit-body.ts';
import { JournalFile } from '../../src/journal/journal-file.ts';
import { makeHit } from '../support/hits.ts';
import { open, startServing } from '../support/serving.ts';

export interface ReadyResult {
  /** Hits in the journal before the first start. */
  readonly waiting: number;
  readonly starts: number;
  /** Milliseconds from the start of the process to the line that says where it listens: the median, and of an empty journal. */
  readonly readyMs: number;
  readonly readyEmptyMs: number;
  /** First requests whose answer did not say that they are on disk. */
  readonly notDurable: number;
  /** Hits that were put in, or answered as kept, and are not in the journal's account. */
  readonly lost: number;
  /** Hits in its account beyond those put in and those asked for. */
  readonly invented: number;
}

const APPENDED_AT_ONCE = 10_000;

/** Puts `waiting` hits in a journal and starts a server over it `starts` times; each is killed. */
export async function startBehind(of: { readonly waiting: number; readonly starts: number }): Promise<ReadyResult> {
  const { waiting, starts } = of;
  const [full, empty] = [makeDirectory(), makeDirectory()];
  try {
    fillJournal(full, waiting);
    const [readyMs, readyEmptyMs]: [number[], number[]] = [[], []];
    let notDurable = 0;
    for (let start = 0; start < starts; start += 1) {
      const first = await startAndAsk(full);
      readyMs.push(first.ms);
      if (!first.durable) notDurable += 1;
      readyEmptyMs.push((await startAndAsk(empty)).ms);
    }
    const received = receivedIn(full);
    const lost = Math.max(0, waiting + starts - notDurable - received);
    const invented = Math.max(0, received - waiting - starts);
    return { ...of, readyMs: median(readyMs), readyEmptyMs: median(readyEmptyMs), notDurable, lost, invented };
  } finally {
    for (const directory of [full, empty]) rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-ready-'));
  mkdirSync(join(directory, 'telltale-data'), { mode: 0o700 });
  return directory;
}

function openFile(directory: string): JournalFile {
  return new JournalFile(join(directory, 'telltale-data', 'journal.db'), Number.MAX_SAFE_INTEGER);
}

function fillJournal(directory: string, hits: number): void {
  const file = openFile(directory);
  for (let made = 0; made < hits; made += APPENDED_AT_ONCE) {
    const length = Math.min(APPENDED_AT_ONCE, hits - made);
    const bodies = Array.from({ length }, (_, at) => writeBody(makeHit({ recipient: `r${made + at}` })));
    file.append(bodies, { overflow: 0, failed: 0 });
  }
  file.close();
}

async function startAndAsk(directory: string): Promise<{ readonly ms: number; readonly durable: boolean }> {
  const startedMs = performance.now();
  const serving = await startServing(directory, []);
  const ms = Math.round(performance.now() - startedMs);
  const durable = await open(serving.pixelOf('r1'));
  serving.child.kill('SIGKILL');
  await serving.ended();
  return { ms, durable };
}

function receivedIn(directory: string): number {
  const file = openFile(directory);
  const { received } = file.state().counts;
  file.close();
  return received;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
