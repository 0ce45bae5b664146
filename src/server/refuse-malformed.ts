// What is no HTTP is refused, and its connection ends; but what came before it on the same connection is answered first.
// Node alone would send its 400 in place of answers that still wait for their commit.
import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const STATUS_LINES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** The latest answers of each open connection: those that are not finished, and perhaps some that are. */
export type Answering = ReadonlyMap<Duplex, readonly ServerResponse[]>;

/** Refuses for a server. */
export function refuseMalformed(server: Server, answering: Answering): void {
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (refused.has(socket)) return;
    refused.add(socket);
    const pending = (answering.get(socket) ?? []).filter(({ writableFinished }) => !writableFinished);
    const last = pending.filter(({ req }) => req.complete).at(-1);
    const refuse = () => {
      // A second answer within one that has begun would be part of it.
      if (!socket.writable || pending.some((response) => response.headersSent && !response.writableFinished)) {
        return void socket.destroy();
      }
      const status = STATUS_LINES[error.code ?? ''] ?? '400 Bad Request';
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    };
    if (last === undefined || !socket.writable) refuse();
    else last.once('close', refuse);
  });
}
