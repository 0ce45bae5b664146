// Follows the store's sequence of changes into a mirror: at once when the store tells of a change, else every second.
// All that is new comes into the file in one transaction, so a reader never sees a part of it. What fails is tried
// again; the mirror holds what it has.
import type Database from 'better-sqlite3';
import type { ControlPage } from '../base/control-change.ts';
import { messageOf } from '../base/errors.ts';
import { controlPageChanges, followIntervalMs } from '../base/limits.ts';
import { tombstoneMaker } from '../token/tombstone.ts';
import { prepareApply } from './apply-change.ts';
import { openMirrorFile, preparePlace } from './mirror-file.ts';

/** What is followed. */
export interface ControlSource {
  /** Changes after a place, in order. */
  changesAfter(seq: number, limit: number): Promise<ControlPage>;
  /** Calls back when there may be a change; returns what stops it. */
  onControlChange?(listener: () => void): () => void;
}

export interface FollowOptions {
  readonly source: ControlSource;
  /** The mirror's file. One process follows into it. */
  readonly path: string;
  /** Told when the store cannot be followed, once until it can again, and when it is another store than before. */
  readonly onProblem: (error: unknown) => void;
  /** Told when recipients were erased, once the mirror knows. */
  readonly onErased?: (() => void) | undefined;
  /** Told after each time the mirror has come as far as the store. */
  readonly onCaughtUp?: (() => void) | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

export interface Follower {
  /** Brings the mirror as far as the store is now. Rejects when the store cannot be read. */
  followNow(): Promise<void>;
  /** Ends what is under way and closes the file. */
  stop(): Promise<void>;
}

/**
 * Starts following.
 *
 * @throws TelltaleError `INVALID_MIRROR`.
 */
export function follow({ source, path, onProblem, onErased, onCaughtUp, now = Date.now }: FollowOptions): Follower {
  const file = openMirrorFile(path);
  const catchUp = prepareCatchUp(file, source, onProblem, now);
  let running: Promise<void> | undefined;
  let isDirty = false;
  let isFailing = false;
  let hasStopped = false;

  function followNow(): Promise<void> {
    isDirty = true;
    running ??= run();
    return running;
  }

  async function run(): Promise<void> {
    try {
      while (isDirty && !hasStopped) {
        isDirty = false;
        const hasErased = await catchUp();
        isFailing = false;
        if (hasErased) onErased?.();
        onCaughtUp?.();
      }
    } finally {
      running = undefined;
    }
  }

  function followQuietly(): void {
    if (hasStopped || running !== undefined) {
      isDirty = true;
      return;
    }
    followNow().catch((error) => {
      if (!isFailing) onProblem(new Error(`the control state could not be followed: ${messageOf(error)}`));
      isFailing = true;
    });
  }

  const unsubscribe = source.onControlChange?.(followQuietly);
  const timer = setInterval(followQuietly, followIntervalMs);
  timer.unref();
  followQuietly();
  return {
    followNow,
    async stop() {
      hasStopped = true;
      unsubscribe?.();
      clearInterval(timer);
      await running?.catch(() => {});
      file.close();
    },
  };
}

/** Another connection than the readers', so that its transaction may stay open while the store is asked. */
function prepareCatchUp(
  file: Database.Database,
  source: ControlSource,
  onProblem: (error: unknown) => void,
  now: () => number,
): () => Promise<boolean> {
  const place = preparePlace(file);
  const apply = prepareApply(file);
  const keepPlace = file.prepare<[string, number, number]>('INSERT OR REPLACE INTO mirror VALUES (1, ?, ?, ?)');
  const keepKey = file.prepare<[Buffer]>('INSERT OR IGNORE INTO tombstone_keys VALUES (?)');

  /** Whether somebody is erased. */
  function write(page: ControlPage, atMs: number): boolean {
    const tombstoneOf = tombstoneMaker(page.tombstoneKey);
    for (const { change } of page.changes) apply(change, tombstoneOf);
    keepPlace.run(page.log, placeAfter(page), atMs);
    keepKey.run(page.tombstoneKey);
    return page.changes.some(({ change }) => change.kind === 'erased');
  }

  return async () => {
    const before = place();
    const atMs = now();
    let hasErased = false;
    let page = await source.changesAfter(before?.seq ?? 0, controlPageChanges);
    if (before !== undefined && (page.log !== before.log || page.last < before.seq)) {
      onProblem(new Error(REPLACED));
      page = await source.changesAfter(0, controlPageChanges);
    }
    file.exec('BEGIN IMMEDIATE');
    try {
      hasErased = write(page, atMs);
      while (page.changes.length === controlPageChanges) {
        page = await source.changesAfter(placeAfter(page), controlPageChanges);
        hasErased = write(page, atMs) || hasErased;
      }
      file.exec('COMMIT');
      return hasErased;
    } catch (error) {
      file.exec('ROLLBACK');
      throw error;
    }
  };
}

function placeAfter(page: ControlPage): number {
  return page.changes.at(-1)?.seq ?? page.last;
}

const REPLACED =
  'the store is another one, or older, than the mirror of the control state knows. What was revoked, registered or withdrawn before stays in force here; to begin anew, stop the server and delete control.db';
