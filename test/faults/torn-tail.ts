// The end of the journal's log did not reach the disk whole: it is cut at every byte of the last commit, and every bit of
// that commit is flipped. The journal opens, all that was committed before is there, and no record that nobody sent.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBody } from '../../src/base/hit-body.ts';
import { JournalFile } from '../../src/journal/journal-file.ts';
import { makeHit } from '../support/hits.ts';
import { seeded } from './disk.ts';

export interface TornTailResult {
  readonly cuts: number;
  readonly flips: number;
  /** Records of earlier commits that were looked for, over all cuts and flips. */
  readonly events: number;
  readonly lost: number;
  /** Records that are not as they were sent, or that nobody sent. */
  readonly wrong: number;
  /** Journals that did not open, or whose account did not agree with their records. */
  readonly broken: number;
}

/** A journal as it was on disk after its last commit. */
interface Tail {
  readonly file: Buffer;
  readonly log: Buffer;
  /** Where the last commit begins in the log. */
  readonly from: number;
  /** The texts of its hits, in order; the last one is the last commit. */
  readonly bodies: readonly string[];
}

const EARLIER = 20;

/** Damages the tail of one journal: cuts it at every `cutStep`th byte, and flips so many of its bits, or every one. */
export function tearTail(of: {
  readonly seed: number;
  readonly cutStep: number;
  readonly flips?: number;
}): TornTailResult {
  // In memory where there is room for that: what a disk loses is made here, and its own syncs only take time.
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'telltale-tail-'));
  try {
    const path = join(directory, 'journal.db');
    const tail = makeTail(path);
    if (bodiesAfter(path, tail)?.length !== tail.bodies.length) throw new Error('the whole journal does not open');
    const sum = { cuts: 0, flips: 0, events: 0, lost: 0, wrong: 0, broken: 0 };
    const open = (log: Buffer) => {
      const found = bodiesAfter(path, { ...tail, log });
      const known = new Set(found);
      sum.events += EARLIER;
      sum.lost += tail.bodies.slice(0, EARLIER).filter((body) => !known.has(body)).length;
      sum.wrong += found?.filter((body, at) => body !== tail.bodies[at]).length ?? 0;
      if (found === undefined) sum.broken += 1;
    };
    for (let bytes = tail.from; bytes < tail.log.length; bytes += of.cutStep) {
      open(tail.log.subarray(0, bytes));
      sum.cuts += 1;
    }
    for (const bit of bitsOf(tail, of)) {
      const flipped = Buffer.from(tail.log);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      open(flipped);
      sum.flips += 1;
    }
    return sum;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function* bitsOf({ from, log }: Tail, { seed, flips }: { readonly seed: number; readonly flips?: number }) {
  const random = seeded(seed);
  const bits = (log.length - from) * 8;
  for (let at = 0; at < (flips ?? bits); at += 1) {
    yield from * 8 + (flips === undefined ? at : Math.floor(random() * bits));
  }
}

function makeTail(path: string): Tail {
  const journal = new JournalFile(path, Number.MAX_SAFE_INTEGER);
  const bodies = Array.from({ length: EARLIER + 1 }, () => writeBody(makeHit()));
  const append = (some: readonly string[]) => journal.append(some, { overflow: 0, failed: 0 });
  append(bodies.slice(0, EARLIER));
  const from = readFileSync(`${path}-wal`).length;
  append(bodies.slice(EARLIER));
  const tail = { file: readFileSync(path), log: readFileSync(`${path}-wal`), from, bodies };
  journal.close();
  return tail;
}

/** The texts in the journal that is made of these files; nothing when it cannot be used, or its account is wrong. */
function bodiesAfter(path: string, { file, log }: Tail): readonly string[] | undefined {
  for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  writeFileSync(path, file);
  writeFileSync(`${path}-wal`, log);
  try {
    const journal = new JournalFile(path, Number.MAX_SAFE_INTEGER);
    const { entries, state } = journal.read(0, EARLIER * 2);
    journal.close();
    const { received, journalled } = state.counts;
    if (received !== entries.length || journalled !== entries.length) return undefined;
    return entries.map(({ hit }) => (hit === null ? '' : writeBody(hit)));
  } catch {
    return undefined;
  }
}
