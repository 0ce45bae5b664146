// Senders that drip one byte a second, half of them in their headers and half in a body, and as many that say nothing:
// everybody else is answered meanwhile, and the dripping ones are closed though they never stop.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Asked, type AskedJudgement, askMany, p99Of } from './oracle.ts';
import { inTrial } from './trial.ts';

export interface DawdleResult extends AskedJudgement {
  readonly dripping: number;
  /** Of the others. */
  readonly p99Ms: number;
  /** Milliseconds until the last dripping one was closed. */
  readonly lastClosedMs: number;
}

const DRIP_MS = 1_000;

/** Lets `count` drip and `count` idle until all that drip are closed, and asks all the while. */
export async function dawdle(count: number): Promise<DawdleResult> {
  return await inTrial(async ({ start, conclude }) => {
    const service = await start();
    const { port, hostname } = new URL(service.url);
    const sockets = Array.from({ length: count * 2 }, () => connect(Number(port), hostname));
    for (const socket of sockets) socket.on('error', () => socket.destroy());
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const startedMs = performance.now();
    let isDripping = true;
    const closed = Promise.all(sockets.slice(0, count).map(drip)).then(() => {
      isDripping = false;
      return performance.now() - startedMs;
    });
    const asked: Asked[] = [];
    while (isDripping) asked.push(...(await askMany(service.url, 20)));
    const lastClosedMs = Math.round(await closed);
    for (const socket of sockets) socket.destroy();
    return { ...(await conclude(service, asked)), dripping: count, p99Ms: p99Of(asked), lastClosedMs };
  });
}

/** Resolves when the other end has closed the connection. */
async function drip(socket: Socket, at: number): Promise<void> {
  const dripping = setInterval(() => socket.write('a'), DRIP_MS);
  socket.resume();
  socket.write(
    at % 2 === 0 ? 'GET / HTTP/1.1\r\nX: ' : 'GET /o/a.gif HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n',
  );
  if (!socket.destroyed) await once(socket, 'close').catch(() => undefined);
  clearInterval(dripping);
}
