// `telltale erase`: removes all that is kept of a recipient, also beside a running server, and leaves a tombstone.
import { messageOf } from '../base/errors.ts';
import { checkId, quote } from '../base/ids.ts';
import { erasedWithinMs } from '../base/limits.ts';
import { type ErasedJournal, eraseInDirectory } from '../engine/erase-in-directory.ts';
import { ERASED_TABLES, type Erased, erase } from '../retain/erase.ts';
import { linkStream } from '../stream/open-stream.ts';
import { type ErasedParked, eraseParked } from '../stream/parked.ts';
import type { StreamSettings } from '../stream/stream-settings.ts';
import { type Io, say, writeOut } from './io.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';
import { readStream, type StreamOptionFlags } from './stream-flags.ts';
import { printTable } from './table.ts';

/**
 * Runs the command; returns the exit status: 3 when files may still hold something.
 *
 * @throws TelltaleError `INVALID_ID`, `INVALID_DATABASE`, `STORE_BUSY`.
 */
export async function eraseCommand(
  flags: CommonFlags & StreamOptionFlags & { readonly recipient: string },
  io: Io,
): Promise<number> {
  const settings = readSettings(flags, io);
  const { recipient } = flags;
  checkId(recipient, 'recipient');
  const { now = Date.now } = io;
  const stream = await readStream(flags, settings, io);
  const { erased, journals } = await withStore(settings, { migrate: false }, async (store) => {
    const erased = await erase(store, { recipient, by: 'command' });
    return { erased, journals: await eraseInDirectory(settings.data, store, erased.tombstone) };
  });
  // Behind the tombstone: what is settled from now on is not kept, and so nothing of them is parked any more.
  const parked = stream && (await eraseInStream(stream, recipient));
  const isFound = wasFound(erased, journals) || (parked?.removed ?? 0) > 0;
  const isReached = parked === undefined || parked.problem === undefined;
  const isDone = isReached && (erased.isScrubbed || erased.isToVacuum) && journals.every((journal) => journal.isDone);
  const isClean = isDone && erased.isScrubbed;
  const journalsUntil = new Date(now() + erasedWithinMs).toISOString();
  if (settings.json) {
    const { rows, tombstone } = erased;
    const told = {
      recipient,
      found: isFound,
      tombstone: tombstone.isNew ? 'new' : 'known',
      rows,
      journals,
      ...(parked && { stream: parked }),
    };
    await writeOut(io, `${JSON.stringify({ ...told, isClean, journalsUntil })}\n`);
    return isDone ? 0 : 3;
  }
  const tables = ERASED_TABLES.map((table) => [table, String(erased.rows[table])] as const);
  const files = journals.map(({ file, hits, parked }) => [file, String(hits + parked)] as const);
  const inStream = parked === undefined ? [] : [['parked in the stream', String(parked.removed)]];
  await printTable(io, ['table', 'rows'], [...tables, ...files, ...inStream], ['rows']);
  if (!settings.quiet) sayWhatIsLeft(io, { recipient, isFound, isNew: erased.tombstone.isNew, journalsUntil });
  if (erased.isToVacuum) {
    say(
      io,
      'PostgreSQL keeps removed rows in its files until it vacuums: VACUUM FULL on these tables (docs/postgresql.md).',
    );
  } else if (!erased.isScrubbed) {
    say(io, 'The database was read from all the while, so its log may still hold what was removed. Run this again.');
  }
  if (parked !== undefined) sayOfStream(io, parked);
  for (const { file, isDone, isInUse } of journals) if (!isDone) say(io, wordsOfJournal(file, isInUse));
  return isDone ? 0 : 3;
}

interface ErasedInStream extends ErasedParked {
  /** Why the stream could not be searched. */
  readonly problem?: string | undefined;
}

/** What is parked in the stream; one that is away says so, and the rest is erased all the same. */
async function eraseInStream(settings: StreamSettings, recipient: string): Promise<ErasedInStream> {
  const link = linkStream(settings, () => undefined);
  try {
    return await eraseParked(await link.open(), recipient);
  } catch (error) {
    return { removed: 0, unreadable: 0, problem: messageOf(link.failed(error)) };
  } finally {
    await link.close();
  }
}

function sayOfStream(io: Io, { unreadable, problem }: ErasedInStream): void {
  if (problem !== undefined) say(io, `${problem} What is parked there was not searched: run this again.`);
  if (unreadable > 0)
    say(
      io,
      `Parked messages that nobody can read, and in which the id does not stand: ${unreadable}. Look at them: telltale stream parked list --json`,
    );
}

function wasFound({ rows }: Erased, journals: readonly ErasedJournal[]): boolean {
  const removed = journals.some(({ hits, parked }) => hits + parked > 0);
  return removed || Object.values(rows).some((count) => count > 0);
}

function sayWhatIsLeft(
  io: Io,
  of: {
    readonly recipient: string;
    readonly isFound: boolean;
    readonly isNew: boolean;
    readonly journalsUntil: string;
  },
): void {
  const { recipient, isFound, isNew, journalsUntil } = of;
  const what = isFound
    ? `Recipient ${quote(recipient)} is erased`
    : `Nothing was kept of recipient ${quote(recipient)}`;
  say(io, `${what}; ${isNew ? 'a tombstone is left' : 'the tombstone was there already'}, so nothing will be kept.`);
  say(io, 'Links in mail that is sent go on leading there. What was counted stays counted.');
  say(
    io,
    `Journals of collectors elsewhere hold nothing after ${journalsUntil}, or once they reach the database again.`,
  );
}

function wordsOfJournal(file: string, isInUse: boolean): string {
  if (isInUse)
    return `A running server has ${file} open and has not cleaned it yet; it does so by itself. Run this again to see.`;
  return `${file} is damaged, too full or on a full disk, and cannot be cleaned now. Settle it (telltale serve), then run this again.`;
}
