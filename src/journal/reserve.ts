// Room kept on the disk for the day it is full: to forget entries, and even to open the file, SQLite first moves its log
// into the file, which makes the file longer. The reserve is given up for that, and made again when there is room.
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { journalReserveBytes } from '../base/limits.ts';

/** Makes the reserve of a journal where there is none; without room for it there is none. */
export function keepReserve(path: string): void {
  const reserve = reserveOf(path);
  if (existsSync(reserve)) return;
  try {
    // Not zeros: a file system may keep those as a hole.
    writeFileSync(`${reserve}.new`, Buffer.alloc(journalReserveBytes, 0x54), { mode: 0o600 });
    renameSync(`${reserve}.new`, reserve);
  } catch {
    rmSync(`${reserve}.new`, { force: true });
  }
}

export function giveUpReserve(path: string): void {
  rmSync(reserveOf(path), { force: true });
}

function reserveOf(path: string): string {
  return `${path}.reserve`;
}
