// A line to another process, over the channel that Node opens between a process and those it forks.
import type { LinePort } from './thread-line.ts';

/** What it needs of a process or a worker of `node:cluster`. */
export interface ProcessEnd {
  send?(message: unknown, sent: (error: Error | null) => void): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** The other process as a port for `openLine`; hang the line up at its `disconnect`. */
export function processPort(end: ProcessEnd): LinePort {
  return {
    // What cannot be sent has nobody to take it: who waits for an answer is told when the line hangs up.
    postMessage: (message) => void end.send?.(message, () => undefined),
    on: (event, listener) => end.on(event, listener),
  };
}
