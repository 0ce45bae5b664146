// Lets a thread give way: those that answer requests go first where there are more threads than cores.
import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** Takes the priority of background work for the calling thread. Elsewhere than on Linux it would be the process's. */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = readlinkSync('/proc/thread-self').split('/').at(-1);
    setPriority(Number(thread), constants.priority.PRIORITY_LOW);
  } catch {
    // A system that hides /proc or forbids this works all the same, only with less order.
  }
}
