// A gate in front of a server, for tests in which it goes away: closed it refuses, and it can be cut in the middle of work.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Gate {
  /** The server's URL, through the gate. */
  readonly url: string;
  open(): void;
  /** Ends what is connected and refuses what comes. */
  close(): void;
  /** Closes it at the piece of data that the server would get next behind so many. */
  closeAfter(pieces: number): void;
}

/** Makes one, open, that goes when the test has ended. */
export async function openGate(serverUrl: string, defaultPort: number): Promise<Gate> {
  const to = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;

  function close(): void {
    left = 0;
    for (const socket of sockets) socket.destroy();
  }

  const server = createServer((client) => {
    if (left <= 0) return void client.destroy();
    const upstream = connect(Number(to.port || defaultPort), to.hostname);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (data) => {
      if (left <= 0) return close();
      left -= 1;
      upstream.write(data);
    });
    upstream.on('data', (data) => client.write(data));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    close();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: Object.assign(new URL(serverUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    open() {
      left = Number.POSITIVE_INFINITY;
    },
    close,
    closeAfter(pieces) {
      left = pieces;
    },
  };
}
