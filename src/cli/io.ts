// Where a command reads and writes: data to stdout, words to stderr. Passed in, so that a test is a call.

export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The time in milliseconds since 1970. @default the system clock */
  readonly now?: () => number;
  /** Calls `stop` at the person's wish to end (Ctrl-C), until the function it returns is called. @default never */
  readonly onInterrupt?: (stop: () => void) => () => void;
}

/** Writes data and waits until it is taken: a slow reader makes us slow, not large. Rejects when the reader has gone. */
export function writeOut(io: Io, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    io.stdout.write(data, (error) => (error ? reject(error) : resolve()));
  });
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
