// Where a command reads and writes: data to stdout, words to stderr. Passed in, so that a test is a call.
import { once } from 'node:events';

export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Writes data and waits while the reader is slow. */
export async function writeOut(io: Io, text: string): Promise<void> {
  if (!io.stdout.write(text)) await once(io.stdout, 'drain');
}

/** Says something to the person at the terminal. */
export function say(io: Io, text: string): void {
  io.stderr.write(`${text}\n`);
}

/** All of stdin. */
export async function readStdin(io: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
