// What is broken of an installation, and for how long: each fault returns when what it broke runs again.
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster, Node } from './cluster-nodes.ts';

/** Between 0 and 1. */
type Random = () => number;

/** Milliseconds after which what was killed is started again, at least and at most. */
const AWAY_MS = [500, 2_500] as const;

/** For which the database is stopped, and lines are cut: longer than any answer may wait, and than an election takes. */
const STOPPED_MS = [4_000, 7_000] as const;
const CUT_MS = [5_000, 12_000] as const;

export const CLUSTER_FAULTS = {
  'collector killed': async ({ collectors }, random) => await killNode(oneOf(collectors, random), random),
  'settler killed': async ({ settlers }, random) => await killNode(oneOf(settlers, random), random),
  // With messages in its hands, which it cannot have settled.
  'settler killed over a stopped database': async ({ postgres, settlers }, random) => {
    postgres.freeze();
    await between(STOPPED_MS, random);
    const settler = oneOf(settlers, random);
    await settler.end('SIGKILL');
    postgres.thaw();
    await settler.start();
  },
  'database killed': async ({ postgres }, random) => {
    await postgres.kill();
    await between(AWAY_MS, random);
    await postgres.start();
  },
  'database stopped': async ({ postgres }, random) => {
    postgres.freeze();
    await between(STOPPED_MS, random);
    postgres.thaw();
  },
  'database restarted': async ({ postgres }) => {
    await postgres.end();
    await postgres.start();
  },
  'stream’s leader killed': async ({ nats, leader }, random) => {
    const server = nats[await leader()];
    await server?.kill();
    await between(AWAY_MS, random);
    await server?.restart();
  },
  'stream’s server cut off': async (cluster, random) => {
    // Every other time the one that leads.
    const name = random() < 0.5 ? await cluster.leader() : oneOf(Object.keys(cluster.nats), random);
    await cutOff(cluster, name, random);
  },
  'collector cut off from the stream': async (cluster, random) =>
    await cutOff(cluster, oneOf(cluster.collectors, random).name, random),
} as const satisfies Readonly<Record<string, (cluster: Cluster, random: Random) => Promise<void>>>;

export type ClusterFault = keyof typeof CLUSTER_FAULTS;

/** Those that need a private network. */
export const LINE_FAULTS: readonly ClusterFault[] = ['stream’s server cut off', 'collector cut off from the stream'];

async function killNode(node: Node, random: Random): Promise<void> {
  await node.end('SIGKILL');
  await between(AWAY_MS, random);
  await node.start();
}

async function cutOff({ network }: Cluster, place: string, random: Random): Promise<void> {
  network.lines?.cut(place, 'back');
  await between(CUT_MS, random);
  network.lines?.mend(place, 'back');
}

function oneOf<T>(of: readonly T[], random: Random): T {
  const found = of[Math.floor(random() * of.length)];
  if (found === undefined) throw new Error('there is none');
  return found;
}

async function between([from, to]: readonly [number, number], random: Random): Promise<void> {
  await pause(from + random() * (to - from));
}
