// Reads a request's body: up to a limit, or to its end.
import type { IncomingHttpHeaders } from 'node:http';

/** The body, or nothing when it is larger than `bytesMax`; the rest is then not read. */
export async function readBody(request: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whether a request says that a body follows; then it is whole, and well-formed, only when that has come. */
export function hasBody({ headers }: { readonly headers: IncomingHttpHeaders }): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** Reads to the end and keeps nothing; rejects when the body breaks off or is malformed. The server limits its time. */
export async function readAway(request: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of request);
}
