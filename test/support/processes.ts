// What the system says of processes: who started them, what they run, whether they still do.
import { readdirSync, readFileSync } from 'node:fs';

/** The processes that a process started. */
export function childrenOf(parent: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => Number(statOf(pid)[1]) === parent).map(Number);
}

/** Those, and all that they started. */
export function descendantsOf(parent: number): readonly number[] {
  return childrenOf(parent).flatMap((pid) => [pid, ...descendantsOf(pid)]);
}

/** Sends a signal, unless the process has ended meanwhile. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** The fields of a process after its name: its state, its parent, … */
function statOf(pid: string): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** The command that a process runs, with its arguments; empty for one that has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  const [state = 'X'] = statOf(String(pid));
  return state !== 'X' && state !== 'Z';
}
