// A watcher of live figures, over a connection of its own.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

export interface Watching {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The next event's figures; comments are passed over. */
  next(): Promise<{ readonly opens: { readonly total: number }; readonly sent: number }>;
  /** Resolves when the other side has ended the answer. */
  ended(): Promise<void>;
  leave(): void;
}

/** Asks for the figures of a message, and reads what comes. */
export async function watch(url: string, headers: Readonly<Record<string, string>>): Promise<Watching> {
  const asked = request(url, { headers, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.setEncoding('utf8');
  const events: string[] = [];
  let rest = '';
  response.on('data', (text: string) => {
    const parts = (rest + text).split('\n\n');
    rest = parts.pop() ?? '';
    events.push(...parts.filter((part) => part.startsWith('event: report\n')));
    response.emit('events');
  });
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  // Who leaves breaks it off.
  response.on('error', () => undefined);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    async next() {
      while (events.length === 0) await once(response, 'events');
      return JSON.parse(events.shift()?.split('\ndata: ')[1] ?? '');
    },
    ended: () => closed,
    leave: () => asked.destroy(),
  };
}
