// One NATS server as a process: private, with JetStream over a directory of its own, that can be killed and come back. Knows
// nothing of a test, so that long trials can use it, too.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const NATS_BINARY = 'nats-server';

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
  /** Starts it again over what it had on disk. */
  restart(): Promise<void>;
  /** Stops it from running without ending it. */
  freeze(): Promise<void>;
  thaw(): void;
}

export interface NatsOptions {
  readonly args?: readonly string[];
  readonly port?: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Without JetStream. */
  readonly isBare?: boolean;
  /** The command that starts it somewhere else, before its own. @default here */
  readonly at?: readonly string[];
}

/** Prepares one over a directory; it begins with `restart`. */
export async function prepareNats(directory: string, options: NatsOptions = {}): Promise<NatsServer> {
  const { args = [], host = '127.0.0.1', isBare = false, at = [] } = options;
  const port = options.port ?? (await freePort());
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const log = join(directory, 'log');
    const store = join(directory, 'jetstream');
    mkdirSync(store, { recursive: true });
    const where = ['-a', host, '-p', String(port), '-l', log];
    const kept = isBare ? [] : ['-js', '-sd', store];
    const [command = '', ...rest] = [...at, NATS_BINARY, ...where, ...kept, ...args];
    const before = readyLines(log);
    const started = spawn(command, rest, { stdio: 'ignore' });
    child = started;
    for (;;) {
      if (started.exitCode !== null) throw new Error(`nats-server ended: ${readFileSync(log, 'utf8')}`);
      if (readyLines(log) > before) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function kill(): Promise<void> {
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    child = undefined;
  }

  return {
    url: `nats://${host}:${port}`,
    port,
    kill,
    restart: start,
    async freeze() {
      child?.kill('SIGSTOP');
      while (!/\) T /.test(readFileSync(`/proc/${child?.pid}/stat`, 'utf8')))
        await new Promise((resolve) => setTimeout(resolve, 5));
    },
    thaw: () => void child?.kill('SIGCONT'),
  };
}

function readyLines(log: string): number {
  try {
    return readFileSync(log, 'utf8').split('Server is ready').length;
  } catch {
    return 1;
  }
}

/** What servers are told that are one cluster, each where it listens to the others. */
export function clusterArgs(routes: readonly { readonly name: string; readonly at: string }[]): readonly string[][] {
  const all = routes.map(({ at }) => `nats://${at}`).join(',');
  return routes.map(({ name, at }) => {
    const here = ['--cluster_name', 'tests', '--cluster', `nats://${at}`, '--routes', all];
    return ['--server_name', name, ...here];
  });
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
