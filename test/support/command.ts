// Runs the command in this process with streams of its own, or as a process where signals and ports matter.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { builtFile } from './built.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process. */
export async function run(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Record<string, string>;
    readonly stdin?: string | Buffer;
    readonly isTTY?: boolean;
    /** Replaces parts of what the command is given. */
    readonly io?: Partial<Io>;
    /** Makes stderr a terminal of 80 columns. */
    readonly isErrTTY?: boolean;
  },
): Promise<Ran> {
  const out = collect();
  const err = collect();
  const stdin = Object.assign(Readable.from(options.stdin === undefined ? [] : [options.stdin]), {
    isTTY: options.isTTY ?? false,
  });
  const { cwd, env = {}, io = {}, isErrTTY = false } = options;
  const stderr = Object.assign(err.stream, { isTTY: isErrTTY, columns: 80 });
  const status = await main(args, { stdin, stdout: out.stream, stderr, env, cwd, ...io });
  return { status, stdout: out.text(), stderr: err.text() };
}

/** What the command draws on a terminal of so many columns, without its colours. */
export async function draw(
  args: readonly string[],
  options: { readonly cwd: string; readonly columns?: number; readonly env?: Record<string, string> },
): Promise<{ readonly status: number; readonly stderr: string; readonly raw: string; readonly text: string }> {
  const { columns = 80, ...where } = options;
  const out = collect();
  const stdout = Object.assign(out.stream, { isTTY: true, columns });
  const { status, stderr } = await run(args, { ...where, io: { stdout } });
  const raw = out.text();
  return { status, stderr, raw, text: raw.replace(/\u001b\[\d+m/g, '') };
}

function collect() {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

/** Starts the command as a process of its own. */
export function start(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string>; readonly fromSource?: boolean },
): ChildProcess {
  const cli = new URL('../../cli.ts', import.meta.url);
  const program = options.fromSource ? ['--import', import.meta.resolve('tsx'), fileURLToPath(cli)] : [builtFile(cli)];
  return spawn(process.execPath, [...program, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The first line a process prints. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the process has no stdout');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return String(line);
}
