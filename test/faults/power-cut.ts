// The power goes at any moment: the journal's files are made again as they were on disk, and every hit that had been
// acknowledged by then must be in them, once.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JournalFile } from '../../src/journal/journal-file.ts';
import { builtFile } from '../support/built.ts';
import { Disk, type DiskRecord, diskLibrary, readDiskLog, seeded } from './disk.ts';

export interface PowerCutResult {
  readonly cuts: number;
  /** Acknowledged hits that were looked for, over all cuts. */
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  /** Hits that nobody sent. */
  readonly invented: number;
  /** Cuts after which the journal would not open, or its account did not agree with its entries. */
  readonly broken: number;
}

const script = new URL('./append-and-note.ts', import.meta.url);
const defect = fileURLToPath(new URL('./unsynced.cjs', import.meta.url));

/** Records one run of `hits` hits and cuts the power at `cuts` random moments of it. */
export function cutPower(of: {
  readonly seed: number;
  readonly hits: number;
  readonly cuts: number;
  /** The deliberate defect that must be found. */
  readonly unsynced?: boolean;
}): PowerCutResult {
  const directory = mkdtempSync(join(tmpdir(), 'telltale-power-'));
  try {
    const records = record(directory, of.hits, of.unsynced ?? false);
    return judge(records, directory, of);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function record(directory: string, hits: number, unsynced: boolean): readonly DiskRecord[] {
  const log = join(directory, 'disk.log');
  const watched = join(directory, 'watched');
  mkdirSync(watched);
  const loaders = unsynced ? ['--require', defect] : [];
  const { signal } = spawnSync(process.execPath, [...loaders, builtFile(script), watched, String(hits)], {
    env: { ...process.env, LD_PRELOAD: diskLibrary(), DISK_WATCH: watched, DISK_LOG: log },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (signal !== 'SIGKILL') throw new Error('the appending process ended in another way than it should');
  return readDiskLog(log).filter(({ path }) => !path.endsWith('-shm') && !path.endsWith('.lock'));
}

function judge(
  records: readonly DiskRecord[],
  directory: string,
  { seed, cuts }: { readonly seed: number; readonly cuts: number },
): PowerCutResult {
  const random = seeded(seed);
  const first = records.findIndex(({ path, data }) => path.endsWith('notes') && data.length > 0);
  const moments = new Set<number>();
  while (moments.size < Math.min(cuts, records.length - first)) {
    moments.add(first + Math.floor(random() * (records.length - first)));
  }
  const disk = new Disk();
  const tried = new Set<string>();
  const acknowledged = new Set<string>();
  const sum = { cuts: 0, acknowledged: 0, lost: 0, doubled: 0, invented: 0, broken: 0 };
  for (const [index, taken] of records.entries()) {
    if (moments.has(index)) {
      sum.cuts += 1;
      sum.acknowledged += acknowledged.size;
      const found = entriesAfter(disk.cut(index % 2 === 0 ? 'none' : 'some', random), join(directory, 'cut'));
      if (found === undefined) sum.broken += 1;
      const known = new Set(found);
      sum.lost += [...acknowledged].filter((id) => !known.has(id)).length;
      sum.doubled += (found?.length ?? 0) - known.size;
      sum.invented += [...known].filter((id) => !tried.has(id)).length;
    }
    if (taken.path.endsWith('notes')) note(taken, tried, acknowledged);
    else disk.take(taken);
  }
  return sum;
}

function note({ operation, data }: DiskRecord, tried: Set<string>, acknowledged: Set<string>): void {
  if (operation !== 'W') return;
  for (const line of data.toString().trimEnd().split('\n')) {
    (line.startsWith('a') ? acknowledged : tried).add(line.slice(1));
  }
}

/** The ids in the journal that is made of these files; nothing when it cannot be used, or its account is wrong. */
function entriesAfter(files: ReadonlyMap<string, Buffer>, directory: string): readonly string[] | undefined {
  mkdirSync(directory);
  try {
    for (const [path, content] of files) writeFileSync(join(directory, basename(path)), content);
    const journal = new JournalFile(join(directory, 'journal.db'), Number.MAX_SAFE_INTEGER);
    const ids: string[] = [];
    for (let at = 0; ; ) {
      const { entries, state } = journal.read(at, 1_000);
      ids.push(...entries.flatMap(({ hit }) => hit?.id ?? []));
      at = entries.at(-1)?.seq ?? at;
      if (entries.length > 0) continue;
      journal.close();
      return state.counts.received === ids.length && state.counts.journalled === ids.length ? ids : undefined;
    }
  } catch {
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
