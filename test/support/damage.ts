// Damage to the pages of a journal, as a failing disk does it.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { rowsOf } from './stores.ts';

const PAGE_BYTES = 4_096;

/** Pages that hold hits, in order; the last is the one to which new hits are appended. */
export function leavesOf(path: string): readonly number[] {
  const bytes = readFileSync(path);
  const pages = Array.from({ length: bytes.length / PAGE_BYTES }, (_, page) => page);
  // The type of a page is its first byte; 13 is a leaf of a table.
  return pages.filter((page) => {
    const content = bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    return content[0] === 13 && content.includes('"spring-sale"');
  });
}

/** The root of the table of hits, above its leaves. */
export function rootOf(path: string): number {
  return Number(rowsOf(path, "SELECT rootpage FROM sqlite_master WHERE name = 'hits'")[0]?.['rootpage']) - 1;
}

/** Overwrites pages behind the back of SQLite. */
export function destroyPages(path: string, pages: readonly number[]): void {
  const file = openSync(path, 'r+');
  for (const page of pages) writeSync(file, Buffer.alloc(PAGE_BYTES, 0xff), 0, PAGE_BYTES, page * PAGE_BYTES);
  closeSync(file);
}
