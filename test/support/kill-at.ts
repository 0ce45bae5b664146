// Has a process killed at a place in its work that can be repeated.
import { fileURLToPath } from 'node:url';

/** A place in the work of a process: just before it executes such a statement, for the so manieth time. */
export interface KillPlace {
  /** How the path of the database ends. */
  readonly file: string;
  /** What the statement, which writes, has in it. @default it may be any */
  readonly sql?: string;
  readonly at: number;
  /** A path; counted from when this file is there. */
  readonly when?: string;
  /** A path; of several processes that are to be killed, the first to come there makes this file, and dies alone. */
  readonly once?: string;
}

/** The environment in which a process is killed there. */
export function killAt({ file, sql = '', at, when, once }: KillPlace): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--require ${fileURLToPath(new URL('./kill-at.cjs', import.meta.url))}`,
    ...{ KILL_FILE: file, KILL_SQL: sql, KILL_AT: String(at) },
    ...(when !== undefined && { KILL_WHEN: when }),
    ...(once !== undefined && { KILL_ONCE: once }),
  };
}
