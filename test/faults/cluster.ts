// A whole installation on one machine: three collectors, a stream of three servers, two settlers and PostgreSQL. Under load each
// of them is killed, stopped or cut off in turn; afterwards no answered hit is lost or counted twice, and the reports agree.
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtFile } from '../support/built.ts';
import { NATS_BINARY } from '../support/nats-process.ts';
import { type Alteration, alter } from './altered.ts';
import { CLUSTER_FAULTS, type ClusterFault, LINE_FAULTS } from './cluster-faults.ts';
import type { ClusterJudgement } from './cluster-load.ts';
import type { ClusterRun, ClusterRunResult } from './cluster-process.ts';
import { ALONE, canCutLines } from './network.ts';
import { postgresPrograms } from './private-postgres.ts';

export interface ClusterResult extends ClusterJudgement {
  readonly runs: number;
  /** How often each fault was made. */
  readonly faults: number;
  /** Faults after which what came next did not arrive in time. */
  readonly notRecovered: readonly string[];
  /** Runs in which something was left on the way. */
  readonly left: number;
}

/** What every run should find. */
export const CLUSTER_FLAWLESS = {
  ...{ lost: 0, doubled: 0, invented: 0, miscounted: 0, unaccounted: 0, illAnswered: 0, heldUp: 0 },
  ...{ notRecovered: [], left: 0 },
};

/** What this machine has not, and no installation can be made without. */
export function missingForCluster(): string | undefined {
  if (postgresPrograms() === undefined) return 'the programs of PostgreSQL';
  return spawnSync(NATS_BINARY, ['--version']).status === 0 ? undefined : NATS_BINARY;
}

const ALL = Object.keys(CLUSTER_FAULTS) as ClusterFault[];

/** The faults that can be made here, and those that take rights which we have not. */
export function sortFaults(): {
  readonly possible: readonly ClusterFault[];
  readonly skipped: readonly ClusterFault[];
} {
  if (canCutLines()) return { possible: ALL, skipped: [] };
  return { possible: ALL.filter((fault) => !LINE_FAULTS.includes(fault)), skipped: LINE_FAULTS };
}

/** The deliberate defect that must be found: the stream forgets a message before the database has it. */
export const ACKNOWLEDGES_FIRST: Alteration = {
  file: 'stream/consume.ts',
  from: 'while (!(await isSettled(delivered, partition)))',
  to: 'await message.ackAck(); while (!(await isSettled(delivered, partition)))',
};

export interface ClusterTrial {
  readonly seed: number;
  readonly runs: number;
  /** @default all that can be made here */
  readonly faults?: readonly ClusterFault[];
  /** A deliberate defect. @default the program as it is */
  readonly alterations?: readonly Alteration[];
  /** Milliseconds that are waited for what should arrive. @default 90,000 */
  readonly recoverMs?: number;
  /** Whether nothing else runs on this machine. @default false */
  readonly givesWay?: boolean;
  /** Told of each run. */
  readonly onRun?: (run: ClusterRunResult) => void;
}

/** Makes `runs` installations, one after the other, and each fault in each, in an order of its own. */
export async function breakClusters(of: ClusterTrial): Promise<ClusterResult> {
  const { seed, runs, faults = sortFaults().possible, alterations, recoverMs = 90_000, givesWay = false, onRun } = of;
  const cli = new URL('../../cli.ts', import.meta.url);
  const program = alterations === undefined ? builtFile(cli) : alter(alterations)(cli);
  const done: ClusterRunResult[] = [];
  for (let run = 0; run < runs; run += 1) {
    const turned = [...faults.slice(run % faults.length), ...faults.slice(0, run % faults.length)];
    const result = await runAlone({ seed: seed + run, faults: turned, program, recoverMs, givesWay });
    onRun?.(result);
    done.push(result);
  }
  return { ...addUp(done), runs, faults: runs * faults.length };
}

/** Tells what all said in a run that failed: what it left is gone. */
export function tellFailure({ lost, miscounted, notRecovered, isEmpty, said }: ClusterRunResult): void {
  if (lost + miscounted + notRecovered.length > 0 || !isEmpty) process.stderr.write(`${said.join('\n')}\n`);
}

/** Milliseconds for all that takes no time of its own: making, starting, judging. */
const RUN_MS = 120_000;
/** Milliseconds until one that should end is ended. */
const END_MS = 10_000;

/** Runs one in a process that is alone where that is possible, and leaves nothing of it behind. */
async function runAlone(of: Omit<ClusterRun, 'directory' | 'isAlone'>): Promise<ClusterRunResult> {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-cluster-'));
  const isAlone = canCutLines();
  const script = builtFile(new URL('./cluster-process.ts', import.meta.url));
  const [execPath = '', ...execArgv] = isAlone ? [...ALONE, process.execPath] : [process.execPath];
  const child = fork(script, [], { execPath, execArgv });
  try {
    child.send({ ...of, directory, isAlone });
    return await resultOf(child, RUN_MS + (of.faults.length + 1) * (of.recoverMs + 20_000));
  } finally {
    await endIt(child);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function resultOf(child: ChildProcess, withinMs: number): Promise<ClusterRunResult> {
  const inTime = { signal: AbortSignal.timeout(withinMs) };
  const ended = once(child, 'exit', inTime).then(([status]) => [{ failure: `it ended with ${status}` }]);
  const [told] = await Promise.race([once(child, 'message', inTime), ended]);
  if (told.result === undefined) throw new Error(`the cluster could not be tried: ${told.failure}`);
  return told.result;
}

/** By its leave, so that it takes with it what it started. */
async function endIt(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(late);
}

function addUp(runs: readonly ClusterRunResult[]) {
  const sum = (of: (run: ClusterRunResult) => number) => runs.reduce((total, run) => total + of(run), 0);
  const answeredMs: Record<string, [number, number]> = {};
  for (const run of runs) {
    for (const [fault, [p99, slowest]] of Object.entries(run.answeredMs)) {
      const [p99Before = 0, slowestBefore = 0] = answeredMs[fault] ?? [];
      answeredMs[fault] = [Math.max(p99Before, p99), Math.max(slowestBefore, slowest)];
    }
  }
  return {
    asked: sum(({ asked }) => asked),
    durable: sum(({ durable }) => durable),
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    invented: sum(({ invented }) => invented),
    miscounted: sum(({ miscounted }) => miscounted),
    unaccounted: sum(({ unaccounted }) => unaccounted),
    illAnswered: sum(({ illAnswered }) => illAnswered),
    heldUp: sum(({ heldUp }) => heldUp),
    unpromised: sum(({ unpromised }) => unpromised),
    late: sum(({ late }) => late),
    lateOfNew: sum(({ lateOfNew }) => lateOfNew),
    answeredMs,
    notRecovered: runs.flatMap(({ notRecovered }) => notRecovered),
    left: runs.filter(({ isEmpty, parked }) => !isEmpty || parked !== 0).length,
  };
}
