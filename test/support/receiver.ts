// A receiver of webhooks on this machine: checks each signature by itself, keeps what came, and can be down, slow or odd.
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

export interface ToldEvent {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Partial<Record<'label' | 'hit' | 'message' | 'recipient' | 'from', unknown>>>;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly secret: string;
  /** Names of requests, in order, taken or not. */
  readonly requests: readonly string[];
  /** Events of requests that were taken, in order. */
  readonly events: readonly ToldEvent[];
  /** Requests whose signature was not right. */
  readonly forged: number;
  /** How it answers from now on. @default 204 */
  answer(how: number | ((request: IncomingMessage, response: ServerResponse) => void)): void;
  /** Resolves when so many events were taken. */
  hasTaken(count: number): Promise<void>;
}

/** Starts one that ends with the test. */
export async function startReceiver(): Promise<Receiver> {
  const key = Buffer.alloc(32, 5);
  const requests: string[] = [];
  const events: ToldEvent[] = [];
  const waiting = new Set<() => void>();
  let forged = 0;
  let how: Parameters<Receiver['answer']>[0] = 204;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const header = (name: string) => String(request.headers[name]);
    // As the specification has it, not by the code that signs.
    const signed = `${header('webhook-id')}.${header('webhook-timestamp')}.${body}`;
    const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    requests.push(header('webhook-id'));
    if (header('webhook-signature') !== expected) forged += 1;
    if (typeof how === 'function') return how(request, response);
    if (how < 300) events.push(...JSON.parse(body).data.events);
    response.writeHead(how, how >= 300 && how < 400 ? { location: 'http://169.254.169.254/' } : {}).end();
    for (const look of waiting) look();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ...{ url: `http://127.0.0.1:${port}/told?by=telltale`, port, requests, events },
    secret: `whsec_${key.toString('base64')}`,
    get forged() {
      return forged;
    },
    answer(next) {
      how = next;
    },
    hasTaken: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (events.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
