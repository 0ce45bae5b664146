// A whole installation on one machine: PostgreSQL, three servers of NATS that are one, three collectors that forward to them,
// and two settlers. Each is a process of its own that can be killed, and comes back over what it left.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { linkStream, type StreamLink } from '../../src/stream/open-stream.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { firstLine } from '../support/command.ts';
import { clusterArgs, freePort, type NatsServer, prepareNats } from '../support/nats-process.ts';
import { type Line, LOOPBACK, makeNetwork, type Network } from './network.ts';
import { testKeys } from './oracle.ts';
import { type PrivatePostgres, startPostgres } from './private-postgres.ts';

/** A process of the built program, and those that take its place. */
export interface Node {
  readonly name: string;
  /** Of the one that runs now; it changes with each. */
  readonly url: string;
  /** How many were started; 0 while none runs. */
  readonly life: number;
  /** When that was ready, as `performance.now()` tells it. */
  readonly readyAtMs: number;
  /** What all of them said on stderr. */
  readonly said: string;
  start(): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface Cluster {
  readonly network: Network;
  readonly postgres: PrivatePostgres;
  readonly databaseUrl: string;
  readonly nats: Readonly<Record<string, NatsServer>>;
  readonly link: StreamLink;
  readonly collectors: readonly Node[];
  readonly settlers: readonly Node[];
  /** The name of the server that leads the stream. */
  leader(): Promise<string>;
}

export interface ClusterOptions {
  /** The built program. */
  readonly program: string;
  readonly directory: string;
  /** Whether this process is alone in a network that it may fill. */
  readonly isAlone: boolean;
  /** Whether what is no collector gives way to them, as if each had a machine: only where nothing else runs beside. */
  readonly givesWay: boolean;
}

const NATS = ['nats-1', 'nats-2', 'nats-3'];
const COLLECTORS = ['collector-1', 'collector-2', 'collector-3'];
const SETTLERS = ['settler-1', 'settler-2'];

/** Milliseconds in which a process of the program must say that it runs, on a machine that has other things to do. */
const READY_MS = 60_000;

/** Each would have a machine of its own. Who answers late does so for what is broken then, and not for a core. */
const GIVING_WAY = ['nice', '-n', '15'];

/** Starts all of it; every process goes with this one. */
export async function startCluster({ program, directory, isAlone, givesWay }: ClusterOptions): Promise<Cluster> {
  const others = givesWay ? GIVING_WAY : [];
  const network = isAlone ? await makeNetwork(placesOf()) : LOOPBACK;
  const place = (name: string) => {
    const made = join(directory, name);
    mkdirSync(made, { mode: 0o711 });
    return made;
  };
  const postgres = await startPostgres(place('postgres'), network.databaseHosts, others);
  const nats = await startNatsServers(network, place, others);
  const stream = Object.values(nats).map(({ url }) => url);
  const databaseUrl = postgres.urlAt(network.databaseHost);
  const link = linkStream(readStreamSettings({ url: stream.join(',') }), () => undefined);
  const node = (name: string, args: readonly string[], before: readonly string[] = []) =>
    makeNode(name, [...before, ...network.at(name), process.execPath, program, ...args], place(name));
  const database = ['--database', databaseUrl];
  const collectors = COLLECTORS.map((name, at) => {
    const where = [
      '--host',
      network.hostOf(name, 'front'),
      '--port',
      '0',
      '--trusted-proxies',
      network.proxies,
      '--data',
      join(directory, name),
    ];
    // One of them knows of no database, which collectors need not.
    const knows = at === 0 ? [] : database;
    return node(name, ['serve', '--json', '--forward-only', '--stream', turned(stream, at), ...where, ...knows]);
  });
  const settlers = SETTLERS.map((name, at) =>
    node(name, ['settle', '--json', '--stream', turned(stream, at), ...database], others),
  );
  await Promise.all([...collectors, ...settlers].map(({ start }) => start()));
  return {
    ...{ network, postgres, databaseUrl, nats, link, collectors, settlers },
    async leader() {
      const { jsm } = await link.open();
      return (await jsm.streams.info('telltale')).cluster?.leader ?? '';
    },
  };
}

function placesOf(): Readonly<Record<string, readonly Line[]>> {
  const places: Record<string, readonly Line[]> = {};
  for (const name of NATS) places[name] = ['back'];
  for (const name of COLLECTORS) places[name] = ['front', 'back'];
  return places;
}

async function startNatsServers(network: Network, place: (name: string) => string, before: readonly string[]) {
  const routes: { name: string; at: string }[] = [];
  for (const name of NATS) routes.push({ name, at: `${network.hostOf(name, 'back')}:${await freePort()}` });
  const servers: Record<string, NatsServer> = {};
  for (const [index, args] of clusterArgs(routes).entries()) {
    const name = NATS[index] ?? '';
    servers[name] = await prepareNats(place(name), {
      args,
      host: network.hostOf(name, 'back'),
      at: [...before, ...network.at(name)],
    });
  }
  await Promise.all(Object.values(servers).map(({ restart }) => restart()));
  return servers;
}

/** The same servers, another one first. */
function turned(servers: readonly string[], by: number): string {
  return [...servers.slice(by), ...servers.slice(0, by)].join(',');
}

const ENV = { TELLTALE_API_TOKEN: 'an-extra-token', TELLTALE_KEYS: JSON.stringify(testKeys) };

function spawnAt([command = '', ...args]: readonly string[], cwd: string): ChildProcess {
  return spawn(command, args, { cwd, env: { ...process.env, ...ENV }, stdio: ['ignore', 'pipe', 'pipe'] });
}

function makeNode(name: string, command: readonly string[], cwd: string): Node {
  let child: ChildProcess | undefined;
  let lives = 0;
  let url = '';
  let said = '';
  let isRunning = false;
  let readyAtMs = 0;
  return {
    name,
    get readyAtMs() {
      return readyAtMs;
    },
    get url() {
      return url;
    },
    get life() {
      return isRunning ? lives : 0;
    },
    get said() {
      return said;
    },
    async start() {
      const started = spawnAt(command, cwd);
      started.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      const late = AbortSignal.timeout(READY_MS);
      const ended = once(started, 'exit', { signal: late }).then(([status, signal]) => {
        throw new Error(`${name} ended with ${signal ?? status} before it was ready: ${said.slice(-2_000)}`);
      });
      const line = await Promise.race([firstLine(started), ended]);
      started.stdout?.resume();
      url = JSON.parse(line).url ?? '';
      lives += 1;
      readyAtMs = performance.now();
      child = started;
      isRunning = true;
    },
    async end(signal) {
      if (child === undefined || !isRunning) return;
      isRunning = false;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

/** Looks again and again; whether it came true in time. */
export async function comesTrue(withinMs: number, look: () => Promise<boolean>): Promise<boolean> {
  const until = Date.now() + withinMs;
  for (;;) {
    if (await look().catch(() => false)) return true;
    if (Date.now() > until) return false;
    await pause(200);
  }
}
