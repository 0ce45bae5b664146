// Raw HTTP: bytes to a port, and what comes back until the server closes the connection.
import { connect } from 'node:net';

/** Sends `bytes` (one chunk after another) and returns all that is answered until the connection ends. */
export function talk(url: string, ...chunks: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const answered: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => answered.push(chunk));
    // A server that refuses may reset what it did not read; what it said before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(Buffer.concat(answered).toString('latin1')));
    for (const chunk of chunks) socket.write(chunk);
  });
}

/** The statuses of answers that came one after another on a connection. */
export function statusesIn(answered: string): readonly number[] {
  return [...answered.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
