// Listens and stops. Stopping answers what was accepted, closes idle connections until none is left, and in the end cuts
// off who takes too long.
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TelltaleError } from '../base/errors.ts';
import { closeAnswersMs } from '../base/limits.ts';
import { type Answering, refuseMalformed } from './refuse-malformed.ts';

export interface Listening {
  /** Where it listens, with the port it got. */
  readonly url: string;
  /** Stops taking connections and resolves when the last one is answered. */
  close(): Promise<void>;
}

/** Milliseconds between two looks for senders that are too slow: each may live so much longer; Node's own are 30 s. */
const SLOW_CHECK_MS = 1_000;

/** Milliseconds for all headers of a request, and for the whole of it: slower senders are cut off, after 15 s in all. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000 - SLOW_CHECK_MS;

/** Where to listen. */
export interface ListenAt {
  readonly host: string;
  /** 0 picks one. */
  readonly port: number;
  /** The options that say where, for a sentence. @default "--port or --host" */
  readonly setBy?: string;
}

/**
 * Listens at a host and port (0 picks one). `handle` is asked for with the URL, so that it may know it, and with what is
 * aborted when listening ends, so that answers without an end get one.
 *
 * @throws TelltaleError `PORT_IN_USE`.
 */
export async function listen(
  at: ListenAt,
  handle: (url: string, closing: AbortSignal) => RequestListener,
): Promise<Listening> {
  const closing = new AbortController();
  const answering = new Map<Duplex, ServerResponse[]>();
  const server = makeServer();
  refuseMalformed(server, answering);
  await bind(server, at);
  const { port } = server.address() as AddressInfo;
  const url = `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`;
  try {
    server.on('connection', (socket) => socket.once('close', () => answering.delete(socket)));
    server.on('request', ({ socket }, response) => {
      noteAnswer(answering, socket, response);
      if (!server.listening) response.setHeader('Connection', 'close');
    });
    server.on('request', handle(url, closing.signal));
  } catch (error) {
    await close(server, answering);
    throw error;
  }
  return {
    url,
    close() {
      closing.abort();
      return close(server, answering);
    },
  };
}

function makeServer(): Server {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: SLOW_CHECK_MS,
  });
  // Who says that nothing more will come (FIN) is answered all the same, and closed after the last answer. Node has this
  // since 0.5, and no words for it in its documentation.
  return Object.assign(server, { httpAllowHalfOpen: true });
}

/** No listener for each answer: those of a connection end in order, so what stands before one that is done is done. */
function noteAnswer(answering: Map<Duplex, ServerResponse[]>, socket: Duplex, response: ServerResponse): void {
  const before = answering.get(socket);
  if (before !== undefined && before.at(-1)?.writableFinished === false) before.push(response);
  else answering.set(socket, [response]);
}

function bind(server: Server, at: ListenAt): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(refusal(error, at)));
    server.listen(at.port, at.host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function refusal(error: NodeJS.ErrnoException, { host, port, setBy = '--port or --host' }: ListenAt): Error {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another program listens there',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'this machine has no such address',
  };
  const reason = reasons[error.code ?? ''] ?? error.message;
  return new TelltaleError(
    'PORT_IN_USE',
    `Cannot listen at ${host}:${port}: ${reason}. Choose another with ${setBy} (port 0 picks one).`,
    { cause: error },
  );
}

async function close(server: Server, answering: Answering): Promise<void> {
  // Who is answered now is told not to ask again on this connection.
  for (const response of [...answering.values()].flat())
    if (!response.headersSent) response.setHeader('Connection', 'close');
  // One call is not enough: a connection that answers just now becomes idle after it.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), closeAnswersMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearInterval(sweep);
  clearTimeout(cut);
}
