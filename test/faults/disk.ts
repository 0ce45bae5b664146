// The disk under test: builds the library that watches a process's files (disk.c), reads what it saw, and makes the
// files again as a power cut would have left them.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether the library can be built here: Linux with a C compiler. */
export function canWatchDisk(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

let library: string | undefined;

/** Builds the library once a process and returns its path. */
export function diskLibrary(): string {
  if (library !== undefined) return library;
  const directory = mkdtempSync(join(tmpdir(), 'telltale-disk-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  library = join(directory, 'disk.so');
  const source = fileURLToPath(new URL('./disk.c', import.meta.url));
  execFileSync('gcc', ['-O2', '-fPIC', '-shared', '-o', library, source, '-lpthread']);
  return library;
}

export type Operation = 'O' | 'W' | 'T' | 'S' | 'U';

export interface DiskRecord {
  readonly operation: Operation;
  readonly path: string;
  readonly offset: number;
  readonly data: Buffer;
}

const HEAD_BYTES = 18;

/** What the library wrote to its log. */
export function readDiskLog(path: string): readonly DiskRecord[] {
  const log = readFileSync(path);
  const paths = new Map<number, string>();
  const records: DiskRecord[] = [];
  for (let at = 0; at + HEAD_BYTES <= log.length; ) {
    const operation = String.fromCharCode(log[at] ?? 0) as Operation;
    const number = log[at + 1] ?? 0;
    const offset = Number(log.readBigUInt64LE(at + 2));
    const length = Number(log.readBigUInt64LE(at + 10));
    const data = log.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
    if (operation === 'O') paths.set(number, data.toString());
    records.push({ operation, path: paths.get(number) ?? data.toString(), offset, data });
    at += HEAD_BYTES + length;
  }
  return records;
}

/** What a power cut does to writes that were not synced: all lost, or some of them kept, whole or in part. */
export type CutStyle = 'none' | 'some';

/** Bytes that a disk writes whole or not at all. */
const SECTOR_BYTES = 512;

interface DiskFile {
  synced: Buffer;
  pending: DiskRecord[];
}

/** Files as they come to be on disk, record after record. */
export class Disk {
  readonly #files = new Map<string, DiskFile>();

  take(record: DiskRecord): void {
    const { operation, path } = record;
    const file = this.#files.get(path) ?? { synced: Buffer.alloc(0), pending: [] };
    this.#files.set(path, file);
    if (operation === 'U') this.#files.delete(path);
    else if (operation === 'W' || operation === 'T') file.pending.push(record);
    else if (operation === 'S') {
      file.synced = file.pending.reduce(apply, file.synced);
      file.pending = [];
    }
  }

  /** The contents by path, had the power gone now. */
  cut(style: CutStyle, random: () => number): ReadonlyMap<string, Buffer> {
    const contents = new Map<string, Buffer>();
    for (const [path, { synced, pending }] of this.#files) {
      const kept = style === 'none' ? [] : pending.flatMap((record) => part(record, random) ?? []);
      contents.set(path, kept.reduce(apply, synced));
    }
    return contents;
  }
}

function apply(content: Buffer, { operation, offset, data }: DiskRecord): Buffer {
  if (operation === 'T') return resized(content, offset);
  const target = resized(Buffer.from(content), Math.max(content.length, offset + data.length));
  data.copy(target, offset);
  return target;
}

function resized(content: Buffer, bytes: number): Buffer {
  if (content.length >= bytes) return content.subarray(0, bytes);
  return Buffer.concat([content, Buffer.alloc(bytes - content.length)]);
}

/** A third of the writes is lost, a third kept, a third torn between two sectors. */
function part(record: DiskRecord, random: () => number): DiskRecord | undefined {
  const dice = random();
  if (dice < 1 / 3) return undefined;
  if (dice < 2 / 3 || record.operation !== 'W') return record;
  const sectors = Math.ceil(record.data.length / SECTOR_BYTES);
  return { ...record, data: record.data.subarray(0, Math.floor(random() * sectors) * SECTOR_BYTES) };
}

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Which calls fail, as disk.c reads it. */
export interface DiskFault {
  /** `A`: any of them. */
  readonly operation: 'O' | 'W' | 'S' | 'A';
  readonly errno: 'ENOSPC' | 'EIO' | 'EMFILE';
  /** Calls that work before. */
  readonly after: number;
  /** Calls that fail then. */
  readonly count: number;
}

const ERRNO = { ENOSPC: 28, EIO: 5, EMFILE: 24 } as const;

/** The file through which a test makes calls fail; made with nothing failing. */
export function makeFaultFile(path: string): { set(fault: DiskFault | undefined): void } {
  writeFileSync(path, Buffer.alloc(16));
  return {
    set(fault) {
      const words = Buffer.alloc(16);
      if (fault !== undefined) {
        words.writeInt32LE(fault.operation.charCodeAt(0), 0);
        words.writeInt32LE(ERRNO[fault.errno], 4);
        words.writeInt32LE(fault.after, 8);
        words.writeInt32LE(fault.count, 12);
      }
      const file = openSync(path, 'r+');
      writeSync(file, words, 0, 16, 0);
      closeSync(file);
    },
  };
}
