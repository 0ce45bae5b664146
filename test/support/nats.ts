// NATS servers in tests: private ones on random ports, with JetStream over a directory of their own, that can be killed and
// come back.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { linkStream, type OpenStream, type StreamLink } from '../../src/stream/open-stream.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { temporaryDirectory } from './temporary.ts';

const BINARY = 'nats-server';

/** Whether there is a server to be started. */
export const hasNats: boolean = spawnSync(BINARY, ['--version']).status === 0;

/** What a suite is called that needs one: where it is skipped, the name says why. */
export function withNats(name: string): string {
  return hasNats ? name : `${name} (skipped: there is no ${BINARY})`;
}

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
  readonly directory?: string;
  /** Without JetStream. */
  readonly isBare?: boolean;
}

/** Starts a server that is killed when the test has ended. */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const { args = [], directory = temporaryDirectory(), isBare = false } = options;
  const port = options.port ?? (await freePort());
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const log = join(directory, 'log');
    const store = join(directory, 'jetstream');
    mkdirSync(store, { recursive: true });
    const where = ['-a', '127.0.0.1', '-p', String(port), '-l', log];
    const kept = isBare ? [] : ['-js', '-sd', store];
    const started = spawn(BINARY, [...where, ...kept, ...args], { stdio: 'ignore' });
    child = started;
    const before = readyLines(log);
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

  onTestFinished(kill);
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
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

export interface NatsCluster {
  /** All its servers. */
  readonly url: string;
  kill(name: string): Promise<void>;
}

/** Starts three servers that are one. */
export async function startCluster(): Promise<NatsCluster> {
  const names = ['one', 'two', 'three'];
  const ports = await Promise.all(names.map(() => freePort()));
  const routes = await Promise.all(names.map(() => freePort()));
  const route = routes.map((port) => `nats://127.0.0.1:${port}`).join(',');
  const servers = await Promise.all(
    names.map((name, at) => {
      const here = ['--cluster_name', 'tests', '--cluster', `nats://127.0.0.1:${routes[at]}`, '--routes', route];
      return startNats({ port: ports[at] ?? 0, args: ['--server_name', name, ...here] });
    }),
  );
  return {
    url: servers.map(({ url }) => url).join(','),
    kill: async (name) => await servers[names.indexOf(name)]?.kill(),
  };
}

function readyLines(log: string): number {
  try {
    return readFileSync(log, 'utf8').split('Server is ready').length;
  } catch {
    return 1;
  }
}

/** A port that nobody has now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A connection that is closed when the test has ended, with what it told; empty replicas are the default. */
export function linkTo(url: string, replicas = '1'): StreamLink & { readonly problems: unknown[] } {
  const problems: unknown[] = [];
  const link = linkStream(readStreamSettings({ url, replicas: replicas || undefined }), (error) =>
    problems.push(error),
  );
  onTestFinished(() => link.close());
  return { ...link, problems };
}

/** The messages in a stream, in order. */
export async function messagesOf(
  { jsm }: OpenStream,
  name = 'telltale',
): Promise<readonly { subject: string; body: string; header: (name: string) => string }[]> {
  const { state } = await jsm.streams.info(name);
  const messages = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await jsm.streams.getMessage(name, { seq });
    if (message === null) continue;
    messages.push({
      subject: message.subject,
      body: message.string(),
      header: (header: string) => message.header.get(header),
    });
  }
  return messages;
}
