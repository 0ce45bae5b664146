// The load of the collect bench, in a process of its own: told where, what and how, it answers with what it measured.
// One request is under way on each connection; the next is sent when its answer is whole.
import { connect, type Socket } from 'node:net';

/** What the client is told. */
export interface Load {
  readonly port: number;
  readonly paths: readonly string[];
  readonly connections: number;
  readonly keepAlive: boolean;
  readonly durationMs: number;
}

/** What it measured. */
export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not the pixel, and connections that failed. */
  readonly failures: number;
}

/** The last byte of a GIF. */
const TRAILER = 0x3b;

process.on('message', (load: Load) => {
  run(load).then((measured) => process.send?.(measured));
});

function run({ port, paths, connections, keepAlive, durationMs }: Load): Promise<Measured> {
  const latencies: number[] = [];
  let failures = 0;
  let next = 0;
  let open = 0;
  const startedMs = performance.now();
  const isOver = () => performance.now() - startedMs >= durationMs;

  return new Promise((resolve) => {
    for (let i = 0; i < connections; i += 1) start();

    function start(): void {
      open += 1;
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      let sentMs = keepAlive ? 0 : performance.now();
      const ask = () => {
        if (keepAlive) sentMs = performance.now();
        send(socket);
      };
      socket.on('connect', ask);
      socket.on('data', (chunk: Buffer) => {
        if (chunk.at(-1) !== TRAILER) return;
        latencies.push(performance.now() - sentMs);
        if (keepAlive && !isOver()) ask();
        else socket.end();
      });
      socket.on('error', () => {
        failures += 1;
      });
      socket.on('close', () => {
        open -= 1;
        if (!isOver()) start();
        else if (open === 0) resolve(measure(performance.now() - startedMs));
      });
    }

    function send(socket: Socket): void {
      const path = paths[next++ % paths.length] ?? '';
      const connection = keepAlive ? 'keep-alive' : 'close';
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15\r\nAccept: image/*\r\nAccept-Language: en\r\nConnection: ${connection}\r\n\r\n`,
      );
    }

    function measure(elapsedMs: number): Measured {
      const sorted = latencies.sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
      return { requests: sorted.length, seconds: elapsedMs / 1_000, p50Ms: at(0.5), p99Ms: at(0.99), failures };
    }
  });
}
