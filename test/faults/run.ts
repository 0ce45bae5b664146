// `npm run faults [-- --fault NAME] [--seed N] [--scale N]`: the faults of the test suite, at length. Prints one line a
// fault: runs, requests or events, losses, and the upper bound that so many without a loss give (Wilson, 95 %).
import { parseArgs } from 'node:util';
import { startTestService } from '../support/service.ts';
import { loseStore } from './away-store.ts';
import { breakClusters, missingForCluster, sortFaults, tellFailure } from './cluster.ts';
import type { ClusterRunResult } from './cluster-process.ts';
import { dawdle } from './dawdle.ts';
import { DEFECTS, type Defect, liveThrough } from './defects.ts';
import { canWatchDisk } from './disk.ts';
import { diskFaults, failDisk } from './failing-disk.ts';
import { canMount, fillDisk } from './full-disk.ts';
import { fillUp } from './full-journal.ts';
import { guessTokens, pathsOf, sendNonsense } from './fuzz.ts';
import { jumpClock } from './jump-clock.ts';
import { killRepeatedly } from './kill.ts';
import { killMigration } from './kill-migration.ts';
import { killRetention } from './kill-retention.ts';
import { killSettling } from './kill-settling.ts';
import { cutPower } from './power-cut.ts';
import { startBehind } from './ready.ts';
import { removeStore } from './removed-store.ts';
import { tearTail } from './torn-tail.ts';

const HELP = `npm run faults -- [--fault NAME] [--seed N] [--scale N]

Breaks a service in every way its promises speak of, and counts what was lost.

  --fault   one of: power-cut, torn-tail, failing-disk, full-disk, kill, kill-settling, kill-retention, kill-migration,
            locked-store, removed-store, full-journal, ready, slow-senders, clock-jumps, cluster, defects, tokens, requests
            (default: all)
  --seed    repeats an earlier run (default: 1)
  --scale   1 takes about a quarter of an hour, and cluster alone an hour or two; 0.1 a tenth of all counts
`;

const { values } = parseArgs({
  options: {
    fault: { type: 'string' },
    seed: { type: 'string', default: '1' },
    scale: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const scale = Number(values.scale);
const times = (count: number) => Math.max(1, Math.round(count * scale));

const FAULTS: Readonly<Record<string, () => Promise<object>>> = {
  'power-cut': async () => {
    const { acknowledged, ...rest } = cutPower({ seed, hits: 3_000, cuts: times(500) });
    return withBound({ events: acknowledged, ...rest });
  },
  // At full scale every byte and every bit; the last commit has about 12,000 bytes.
  'torn-tail': async () =>
    withBound(tearTail({ seed, cutStep: Math.ceil(1 / scale), ...(scale < 1 && { flips: times(99_000) }) })),
  'failing-disk': async () => withBound(await failDisk(diskFaults(times(200), 5))),
  'full-disk': async () => withBound(await fillDisk(times(40))),
  kill: async () => withBound(await killRepeatedly({ seed, runs: times(200), withinMs: 1_500 })),
  'kill-settling': async () => withBound(await killSettling({ seed, runs: times(60) })),
  'kill-retention': async () => withBound(await killRetention({ seed, runs: times(40) })),
  'kill-migration': async () => withBound(await killMigration({ seed, runs: times(40) })),
  'locked-store': async () => withBound(await loseStore({ forMs: 60_000 * scale, atLeast: 100 })),
  'removed-store': async () => withBound(await removeStore(times(5_000))),
  'full-journal': async () => withBound(await fillUp(Math.max(150_000, times(10_000_000)))),
  ready: async () => startBehind({ waiting: times(5_000_000), starts: 5 }),
  'slow-senders': async () => withBound(await dawdle(times(5_000))),
  cluster: async () => {
    const { possible: faults, skipped } = sortFaults();
    const result = await breakClusters({ seed, runs: times(30), faults, givesWay: true, onRun: tellRun });
    return { ...withBound(result), ...(skipped.length > 0 && { skipped, needed: 'root, and network namespaces' }) };
  },
  'clock-jumps': async () => withBound(await jumpClock(times(2_000))),
  defects: async () => {
    const found: Partial<Record<Defect, object>> = {};
    for (const defect of Object.keys(DEFECTS) as Defect[]) found[defect] = await liveThrough(defect);
    return found;
  },
  tokens: async () => guessTokens({ seed, count: times(1_000_000) }),
  requests: async () => {
    const service = await startTestService();
    const result = await sendNonsense(service.url, { seed, count: times(100_000), paths: pathsOf(service.tracker) });
    const falseEvents = service.journal.counts().received;
    await service.end();
    return { ...result, falseEvents, problems: service.problems.length };
  },
};

/** A run takes minutes. */
function tellRun(run: ClusterRunResult): void {
  const { said: _, answeredMs: __, ...figures } = run;
  process.stderr.write(`${JSON.stringify(figures)}\n`);
  tellFailure(run);
}

/** The events looked at, and the share of losses that 95 % of such results would not exceed. */
function withBound<R extends { readonly lost: number }>(
  result: R & { readonly durable?: number; readonly asked?: number; readonly events?: number },
) {
  const events = result.events ?? result.durable ?? result.asked ?? 0;
  return { ...result, events, upperBound: wilsonUpper(result.lost, events).toExponential(1) };
}

function wilsonUpper(losses: number, events: number): number {
  const z = 1.96;
  const share = losses / events;
  const middle = share + (z * z) / (2 * events);
  const spread = z * Math.sqrt((share * (1 - share)) / events + (z * z) / (4 * events * events));
  return (middle + spread) / (1 + (z * z) / events);
}

/** What a fault needs and this machine has not. */
function missingFor(name: string): string | undefined {
  if ((name === 'power-cut' || name === 'failing-disk') && !canWatchDisk()) return 'Linux and gcc';
  if (name === 'full-disk' && !canMount()) return 'the right to mount a tmpfs';
  return name === 'cluster' ? missingForCluster() : undefined;
}

async function runAll(): Promise<void> {
  for (const [name, run] of Object.entries(FAULTS)) {
    if (values.fault !== undefined && values.fault !== name) continue;
    const missing = missingFor(name);
    if (missing !== undefined) {
      process.stdout.write(`${name}: skipped, it needs ${missing}\n`);
      continue;
    }
    const startedMs = performance.now();
    const result = await run();
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    process.stdout.write(`${JSON.stringify({ fault: name, seed, seconds, ...result })}\n`);
  }
}

if (values.help) process.stdout.write(HELP);
else await runAll();
