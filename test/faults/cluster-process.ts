// One run of the trial of a whole installation, in a process that is alone where it can be: it sets up everything, breaks
// one thing after the other under load, and judges. Whatever it started ends with it.
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { STREAM_NAME } from '../../src/stream/stream-config.ts';
import { descendantsOf, signalTo } from '../support/processes.ts';
import { CLUSTER_FAULTS, type ClusterFault } from './cluster-faults.ts';
import { type AskedInCluster, areStored, askNode, judgeCluster, NO_FAULT, startLoad } from './cluster-load.ts';
import { type Cluster, type ClusterOptions, comesTrue, startCluster } from './cluster-nodes.ts';
import { seeded } from './disk.ts';

export interface ClusterRun extends ClusterOptions {
  readonly seed: number;
  readonly faults: readonly ClusterFault[];
  /** Milliseconds in which what comes after a fault must be in the database, and everything at the end. */
  readonly recoverMs: number;
}

/** Milliseconds after which readers no longer go on asking while what was asked has not arrived. */
const SOON_MS = 15_000;

/** Runs it; rejects when something cannot even be set up. */
async function run(of: ClusterRun) {
  const random = seeded(of.seed);
  // Its owner alone may look in, and the database’s user walk through.
  chmodSync(of.directory, 0o711);
  const cluster = await startCluster(of);
  let during: string = NO_FAULT;
  const notRecovered: string[] = [];
  const probes: AskedInCluster[] = [];
  const load = startLoad(cluster.collectors, () => during);
  await recovers();
  for (const fault of of.faults) {
    during = fault;
    await CLUSTER_FAULTS[fault](cluster, random);
    await recovers();
    during = NO_FAULT;
  }
  const asked = [...(await load.stop()), ...probes];
  const isEmpty = await comesTrue(of.recoverMs, () => isDone(cluster, asked));
  const left = isEmpty ? [] : await leftIn(cluster);
  await Promise.all(cluster.collectors.map((node) => node.end('SIGTERM')));
  const { parked } = await cluster.link.status();
  const journals = cluster.collectors.map(({ name }) => join(of.directory, name, 'journal.db'));
  const judgement = await judgeCluster(cluster.databaseUrl, asked, journals);
  return { ...judgement, notRecovered, parked, isEmpty, said: [...left, ...saidBy(cluster)] };

  /** Waits until what every collector is asked now has arrived. */
  async function recovers(): Promise<void> {
    const now = (await Promise.all(cluster.collectors.map((node) => askNode(node, () => during)))).flat();
    probes.push(...now);
    const promised = now.filter(({ durable }) => durable);
    const arrive = () => areStored(cluster.databaseUrl, promised);
    if (await comesTrue(SOON_MS, arrive)) return;
    // A machine with too much to do settles slower than it is asked, and would never be done.
    load.pause(true);
    if (!(await comesTrue(of.recoverMs - SOON_MS, arrive))) notRecovered.push(during);
    load.pause(false);
  }
}

/** Whether all that was promised is in the database, and the stream has nothing more. */
async function isDone({ databaseUrl, link }: Cluster, asked: readonly AskedInCluster[]): Promise<boolean> {
  const promised = asked.filter(({ durable }) => durable);
  return (await areStored(databaseUrl, promised)) && (await link.status()).waiting === 0;
}

/** The messages that nobody acknowledged, and those who should have. */
async function leftIn({ link }: Cluster): Promise<readonly string[]> {
  const { jsm } = await link.open();
  const { state } = await jsm.streams.info(STREAM_NAME);
  const said = [`stream: ${JSON.stringify(state)}`];
  for (let seq = state.first_seq; seq <= state.last_seq && said.length < 10; seq += 1) {
    const message = await jsm.streams.getMessage(STREAM_NAME, { seq });
    if (message !== null) said.push(`message ${seq}: ${message.subject} ${[...message.header].join(' ')}`);
  }
  for await (const one of jsm.consumers.list(STREAM_NAME)) {
    const { name, delivered, ack_floor, num_ack_pending, num_redelivered, num_pending } = one;
    const figures = { delivered, ack_floor, num_ack_pending, num_redelivered, num_pending };
    if (num_ack_pending + num_pending > 0) said.push(`consumer ${name}: ${JSON.stringify(figures)}`);
  }
  return said;
}

function saidBy({ collectors, settlers }: Cluster): readonly string[] {
  return [...collectors, ...settlers].map(({ name, said }) => `${name}: ${said.slice(-5_000)}`);
}

export type ClusterRunResult = Awaited<ReturnType<typeof run>>;

// Whoever started us is gone.
process.once('disconnect', () => process.exit(1));
process.once('message', (of: ClusterRun) => {
  process.once('exit', () => {
    // Where we are not alone, what we started would outlive us.
    for (const pid of descendantsOf(process.pid)) signalTo(pid, 'SIGKILL');
    rmSync(of.directory, { recursive: true, force: true, maxRetries: 5 });
  });
  run(of)
    .then((result) => ({ result }))
    .catch((error: unknown) => ({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
    .then((told) => process.send?.(told, () => process.exit(0)));
});
