// NATS servers in tests: private ones on random ports, with JetStream over a directory of their own, that can be killed and
// come back.
import { spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { linkStream, type OpenStream, type StreamLink } from '../../src/stream/open-stream.ts';
import { readStreamSettings } from '../../src/stream/stream-settings.ts';
import { clusterArgs, freePort, NATS_BINARY, type NatsOptions, type NatsServer, prepareNats } from './nats-process.ts';
import { temporaryDirectory } from './temporary.ts';

/** Whether there is a server to be started. */
export const hasNats: boolean = spawnSync(NATS_BINARY, ['--version']).status === 0;

/** What a suite is called that needs one: where it is skipped, the name says why. */
export function withNats(name: string): string {
  return hasNats ? name : `${name} (skipped: there is no ${NATS_BINARY})`;
}

/** Starts a server that is killed when the test has ended. */
export async function startNats(options: NatsOptions & { readonly directory?: string } = {}): Promise<NatsServer> {
  const server = await prepareNats(options.directory ?? temporaryDirectory(), options);
  onTestFinished(server.kill);
  await server.restart();
  return server;
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
  const all = clusterArgs(names.map((name, at) => ({ name, at: `127.0.0.1:${routes[at]}` })));
  const servers = await Promise.all(all.map((args, at) => startNats({ port: ports[at] ?? 0, args })));
  return {
    url: servers.map(({ url }) => url).join(','),
    kill: async (name) => await servers[names.indexOf(name)]?.kill(),
  };
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
