// Where the mails of `rewrite` go: a folder, an mbox or stdout. Each way says what it refuses before anything is
// written, writes, and tells what came of it.
import { createReadStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Io, say, writeOut } from './io.ts';
import { MANIFEST } from './partial-manifest.ts';
import { count } from './progress.ts';
import { checkFolder, isContinued, targetCheck, writeFiles } from './rewrite-files.ts';
import type { RewriteFlags } from './rewrite-flags.ts';
import type { CompiledFile, Outcome, RewriteJob } from './rewrite-job.ts';
import { checkMbox, writeMbox } from './rewrite-mbox.ts';
import { print } from './rewrite-print.ts';
import type { Settings } from './settings.ts';

export interface WayOut {
  /** Whether a recipient may stand in the list only once. */
  readonly isUnique: boolean;
  /** Whether an interrupted run goes on: what it was allowed, this one is. */
  readonly isContinued: boolean;
  /** Refuses a recipient before anything is written. */
  readonly check: (recipient: string) => void;
  readonly write: (job: RewriteJob, sealing: { readonly baseUrl: string; readonly key: string }) => Promise<Outcome>;
  /** Says what came of it to the person at the terminal. */
  readonly tell: (outcome: Outcome, job: RewriteJob) => void;
}

type Source = Pick<CompiledFile, 'file' | 'extension'>;

/**
 * The way the flags name.
 *
 * @throws TelltaleError `FILE_EXISTS`, `USAGE`.
 */
export function wayOutOf(sources: readonly Source[], flags: RewriteFlags, settings: Settings, io: Io): WayOut {
  if (flags.out !== undefined) return toFolder(sources, { ...flags, out: flags.out }, settings, io);
  if (flags.mbox !== undefined) return toMbox({ ...flags, mbox: flags.mbox }, io);
  return {
    isUnique: false,
    isContinued: false,
    check: () => {},
    write: (job) => print(job, settings, io),
    tell: (outcome, job) => {
      if (outcome.isInterrupted) say(io, `Interrupted: ${progressOf(outcome, job)} were printed.`);
    },
  };
}

function toFolder(
  sources: readonly Source[],
  flags: RewriteFlags & { readonly out: string },
  settings: Settings,
  io: Io,
): WayOut {
  const { out, force = false, resume = false } = flags;
  const folder = { directory: resolve(io.cwd, out), name: out, force, resume };
  checkFolder(sources, folder);
  return {
    isUnique: true,
    isContinued: isContinued(folder),
    check: targetCheck(sources, folder),
    async write(job, sealing) {
      const mails = job.files.map(({ file, sha256 }) => ({ file, sha256 }));
      const header = {
        message: flags.message,
        ...sealing,
        pixel: flags.pixel ?? 'top',
        links: flags.links ?? 'self-contained',
        mails,
      };
      const outcome = await writeFiles(job, folder, header);
      if (settings.json && !outcome.isInterrupted) await printFile(join(folder.directory, MANIFEST), io);
      return outcome;
    },
    tell(outcome, job) {
      if (outcome.isInterrupted) {
        say(
          io,
          `Interrupted: ${progressOf(outcome, job)} are in ${out}. Go on with --resume, or start over with --force.`,
        );
      } else if (!settings.json) {
        say(io, `Wrote ${mails(outcome.done)} and ${MANIFEST} to ${out}.`);
      }
    },
  };
}

function toMbox(flags: RewriteFlags & { readonly mbox: string }, io: Io): WayOut {
  const { now = Date.now } = io;
  const mbox = { path: resolve(io.cwd, flags.mbox), force: flags.force ?? false, atMs: now() };
  checkMbox(mbox);
  return {
    isUnique: true,
    isContinued: false,
    check: () => {},
    write: (job) => writeMbox(job, mbox),
    tell(outcome) {
      const { done, isInterrupted } = outcome;
      say(io, isInterrupted ? `Interrupted: ${flags.mbox} was not written.` : `Wrote ${mails(done)} to ${flags.mbox}.`);
    },
  };
}

async function printFile(path: string, io: Io): Promise<void> {
  for await (const chunk of createReadStream(path)) await writeOut(io, chunk);
}

function mails(number: number): string {
  return `${count(number)} ${number === 1 ? 'mail' : 'mails'}`;
}

function progressOf({ done }: Outcome, { mailCount }: RewriteJob): string {
  return `${count(done)} of ${mails(mailCount)}`;
}
