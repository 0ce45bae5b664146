// Kills a process that prints the id of each hit it acknowledged.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { builtFile } from './built.ts';

/** Runs a script with its arguments, kills it when it has printed `count` ids, and returns all that it printed. */
export async function acknowledgedBefore(
  count: number,
  script: URL,
  args: readonly string[],
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [builtFile(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // The kill may cut the last line.
    if (line.length === 32) printed.push(line);
    if (printed.length === count) child.kill('SIGKILL');
  }
  return printed;
}
