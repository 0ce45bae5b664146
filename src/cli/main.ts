// The command: arguments in, text or JSON out. Exit status: 0 done, 1 failed, 2 used wrongly, 3 partly done (a mail's
// signature would break, lines could not be read), 130 interrupted. Data goes to stdout, words to stderr.
import { CommanderError } from 'commander';
import { type ErrorCode, messageOf, TelltaleError } from '../base/errors.ts';
import type { Io } from './io.ts';
import { buildProgram } from './program.ts';
import { explainSystemError } from './system-error.ts';

/** Runs the command with its arguments (without node and script) and returns the exit status. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  let status = 0;
  const program = buildProgram(io, (value) => {
    status = value;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (isBrokenPipe(error)) return 0; // A reader that stops early (`| head`) has what it wanted.
    const problem = explainSystemError(error);
    io.stderr.write(`telltale: ${messageOf(problem)}\n`);
    return problem instanceof TelltaleError && USAGE_CODES.has(problem.code) ? 2 : 1;
  }
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** Errors of the call itself, not of the work. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'USAGE',
  'UNKNOWN_OPTION',
  'INVALID_OPTION',
  'INVALID_ID',
  'INVALID_BASE_URL',
  'INVALID_CONFIG',
  'UNKNOWN_LINK',
]);

function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  return { stdin, stdout, stderr, env, cwd: process.cwd(), onInterrupt };
}

/** The first Ctrl-C lets the work at hand end; the second ends the process. */
function onInterrupt(stop: () => void): () => void {
  process.once('SIGINT', stop);
  return () => process.off('SIGINT', stop);
}
