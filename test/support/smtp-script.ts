// A mail server that does as a script says: for each mail its answer, or what it does instead.
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { onTestFinished } from 'vitest';

/** A reply to the recipient or to the data, or a connection that ends: before the data was read, or after it. */
export type Turn =
  | 'take'
  | { readonly at: 'rcpt' | 'data'; readonly code: number }
  | 'close-at-rcpt'
  | 'take-and-close'
  | 'close-in-data';

export interface ScriptedServer {
  readonly port: number;
  /** The addresses to which whole mails came, in order; and the mails. */
  readonly taken: readonly { readonly to: string; readonly mail: Buffer }[];
  /** Connections so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts the server; `turn` is asked once for each mail, with its recipient. */
export async function startScripted(
  turn: (to: string) => Turn = () => 'take',
  at: { readonly port?: number; readonly user?: string; readonly senderCode?: number } = {},
): Promise<ScriptedServer> {
  const taken: { to: string; mail: Buffer }[] = [];
  const turns = new Map<string, Turn>();
  let connections = 0;
  const failing = (code: number) => Object.assign(new Error('as the script says'), { responseCode: code });
  const server = new SMTPServer({
    authOptional: at.user === undefined,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onConnect(_, done) {
      connections += 1;
      done();
    },
    onAuth({ username }, _, done) {
      if (username === at.user) done(null, { user: username });
      else done(new Error('not you'));
    },
    onMailFrom(_address, _session, done) {
      done(at.senderCode === undefined ? null : failing(at.senderCode));
    },
    onRcptTo({ address }, session, done) {
      const now = turn(address);
      turns.set(session.id, now);
      if (now === 'close-at-rcpt') return cut(server, session.id);
      done(typeof now === 'object' && now.at === 'rcpt' ? failing(now.code) : null);
    },
    onData(stream, session, done) {
      const now = turns.get(session.id);
      const to = session.envelope.rcptTo[0]?.address ?? '';
      if (now === 'close-in-data') {
        stream.once('data', () => cut(server, session.id));
        return;
      }
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (typeof now === 'object') return done(failing(now.code));
        taken.push({ to, mail: Buffer.concat(chunks) });
        if (now === 'take-and-close') cut(server, session.id);
        else done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(at.port ?? 0, '127.0.0.1', () => resolve()));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  const { port } = server.server.address() as AddressInfo;
  return { port, taken, connections: () => connections, close };
}

/** Ends the connection of a session without a word. */
function cut(server: SMTPServer, session: string): void {
  for (const connection of server.connections as Iterable<{ readonly id: string; readonly _socket: Socket }>) {
    if (connection.id === session) connection._socket.destroy();
  }
}
