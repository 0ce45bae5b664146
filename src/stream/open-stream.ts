// A connection to the stream that is held for as long as a process runs. It is made when it is first needed, comes back by
// itself, and looks again at the stream after anything went wrong with it.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { streamAnswerMs, streamFlushMs, streamPingMs, streamReconnectMs } from '../base/limits.ts';
import { explainStreamError } from './explain-stream.ts';
import { loadNats, type Nats } from './load-nats.ts';
import { ensureStreams, type FoundStream, PARKED_NAME, STREAM_NAME } from './stream-config.ts';
import { nameOf, type StreamSettings } from './stream-settings.ts';
import type { StreamStatus } from './stream-status.ts';

/** The stream, as it can be used now. */
export interface OpenStream extends FoundStream {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly headers: Nats['headers'];
  /** Bytes of the largest message that the servers take. */
  readonly payloadMax: number;
}

export interface StreamLink {
  /** Rejects at once while the servers are away. */
  open(): Promise<OpenStream>;
  /** Has the next `open` look at the streams again; returns what was wrong, as one of our errors. */
  failed(error: unknown): Error;
  status(): Promise<StreamStatus>;
  close(): Promise<void>;
}

/** Prepares the connection. */
export function linkStream(settings: StreamSettings, onProblem: (error: unknown) => void): StreamLink {
  let connecting: Promise<Connection> | undefined;
  let finding: Promise<OpenStream> | undefined;
  let isClosed = false;
  let hasWarned = false;

  async function connection(): Promise<Connection> {
    connecting ??= connect(settings);
    try {
      const made = await connecting;
      const problem = made.problem();
      if (made.nc.isClosed()) throw problem ?? new Error('the connection was closed');
      if (problem !== undefined) throw problem;
      return made;
    } catch (error) {
      const made = await connecting?.catch(() => undefined);
      if (made === undefined || made.nc.isClosed()) connecting = undefined;
      finding = undefined;
      throw error;
    }
  }

  async function find(): Promise<OpenStream> {
    const { nc, nats } = await connection();
    const options = { timeout: streamAnswerMs };
    const jsm = await nats.jetstreamManager(nc, options);
    const found = await ensureStreams(jsm, settings.replicas);
    warnOfOneCopy(found);
    const payloadMax = nc.info?.max_payload ?? 0;
    return { ...found, js: nats.jetstream(nc, options), jsm, headers: nats.headers, payloadMax };
  }

  function warnOfOneCopy({ replicas }: FoundStream): void {
    if (replicas > 1 || settings.replicas !== undefined || hasWarned) return;
    hasWarned = true;
    onProblem(
      new Error(
        `The stream at ${nameOf(settings)} keeps one copy of each hit: what is lost with its server’s disk is lost. Run three servers (docs/stream.md), or say --stream-replicas 1 if one is meant.`,
      ),
    );
  }

  async function open(): Promise<OpenStream> {
    if (isClosed) throw new Error('the stream is closed');
    try {
      await connection();
      finding ??= find();
      return await finding;
    } catch (error) {
      throw failed(error);
    }
  }

  function failed(error: unknown): Error {
    finding = undefined;
    return explainStreamError(error, settings);
  }

  return {
    open,
    failed,
    async status() {
      try {
        const { jsm } = await open();
        const [hits, parked] = await Promise.all([jsm.streams.info(STREAM_NAME), jsm.streams.info(PARKED_NAME)]);
        return { isConnected: true, waiting: hits.state.messages, parked: parked.state.messages };
      } catch {
        return { isConnected: false, waiting: null, parked: null };
      }
    },
    async close() {
      isClosed = true;
      const made = await connecting?.catch(() => undefined);
      if (made === undefined) return;
      // What was given back is told before the end, where there is somebody to tell.
      if (made.problem() === undefined) await within(streamFlushMs, made.nc.flush());
      await made.nc.close();
    },
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const limit = new AbortController();
  const timeout = sleep(ms, undefined, { signal: limit.signal });
  await Promise.race([work, timeout]).catch(() => undefined);
  limit.abort();
}

interface Connection {
  readonly nc: NatsConnection;
  readonly nats: Nats;
  /** Why it is interrupted now. */
  problem(): Error | undefined;
}

async function connect(settings: StreamSettings): Promise<Connection> {
  const nats = await loadNats();
  const { servers, isTls, user, password, token, credentials } = settings;
  const nc = await nats.connect({
    servers: [...servers],
    name: 'telltale',
    timeout: streamAnswerMs,
    pingInterval: streamPingMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: streamReconnectMs,
    // A server whose users were changed lets us in again when they are mended.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...(isTls && { tls: {} }),
    ...(user !== undefined && { user, pass: password ?? '' }),
    ...(token !== undefined && { token }),
    ...(credentials !== undefined && { authenticator: nats.credsAuthenticator(await readFile(credentials)) }),
  });
  let problem: Error | undefined;
  void watch(nc, (now) => {
    problem = now;
  });
  return { nc, nats, problem: () => problem };
}

/** Follows what becomes of the connection, until it is closed. */
async function watch(nc: NatsConnection, note: (problem: Error | undefined) => void): Promise<void> {
  for await (const status of nc.status()) {
    if (status.type === 'disconnect') note(new Error('the connection was lost'));
    else if (status.type === 'reconnect') note(undefined);
    else if (status.type === 'error' && /auth/i.test(status.error.message)) note(status.error);
  }
}
