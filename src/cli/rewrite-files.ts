// One file a recipient: written a few at a time, each whole or not at all, and listed in order as they get there. A run
// that ends early leaves its partial manifest, from which --resume goes on.
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { filesWrittenAtOnce } from '../base/limits.ts';
import { stemOf, targetName } from './file-names.ts';
import {
  beginManifest,
  checkNoPartial,
  continueManifest,
  MANIFEST,
  type ManifestEntry,
  notResumable,
  PARTIAL_MANIFEST,
  type PartialManifest,
  type RunHeader,
} from './partial-manifest.ts';
import { count } from './progress.ts';
import type { CompiledFile, Outcome, RewriteJob } from './rewrite-job.ts';
import { explainSystemError } from './system-error.ts';
import { fileExists, makeDirectory, removeLeftovers, syncDirectory, writeFileWhole } from './write-file.ts';

export interface Folder {
  readonly directory: string;
  /** As named on the command line. */
  readonly name: string;
  readonly force: boolean;
  readonly resume: boolean;
}

/** Refuses files that would share a folder, and a folder in which a run was interrupted. */
export function checkFolder(files: readonly { readonly file: string }[], folder: Folder): void {
  const stems = files.map(({ file }) => stemOf(file));
  const twice = stems.find((stem, index) => stems.indexOf(stem) !== index);
  if (twice !== undefined) {
    throw new TelltaleError(
      'USAGE',
      `Two of the files would be written to the folder ${quote(twice)}. Rewrite them into different --out folders.`,
    );
  }
  if (!folder.force && !folder.resume) checkNoPartial(folder.directory, folder.name);
}

/** Refuses to overwrite a recipient's files; a run that is continued overwrites only what it wrote itself. */
export function targetCheck(
  files: readonly Pick<CompiledFile, 'file' | 'extension'>[],
  folder: Folder,
): (recipient: string) => void {
  if (folder.force || isContinued(folder)) return () => {};
  return (recipient) => {
    for (const { file, extension } of files) {
      const path = join(folder.directory, targetName(file, extension, recipient, files.length));
      if (existsSync(path)) throw fileExists(path);
    }
  };
}

/** Whether there is an interrupted run to go on with. */
export function isContinued({ directory, resume }: Folder): boolean {
  return resume && existsSync(join(directory, PARTIAL_MANIFEST));
}

/** Writes all mails and, last, the manifest. */
export async function writeFiles(
  job: RewriteJob,
  folder: Folder,
  header: RunHeader,
  writeFile: typeof writeFileWhole = writeFileWhole,
): Promise<Outcome> {
  const { directory } = folder;
  const continued = isContinued(folder);
  const folders = new Set([directory, ...targetsOf(job, 'x').map(({ path }) => dirname(join(directory, path)))]);
  for (const path of folders) {
    await makeDirectory(path);
    await removeLeftovers(path);
  }
  const manifest = continued
    ? await continueManifest(directory, header)
    : await beginManifest(directory, header, folder);
  let outcome: Outcome;
  try {
    outcome = await writeAll(job, folder, manifest, { writeFile, force: folder.force || continued });
  } catch (error) {
    await manifest.close().catch(() => {}); // The first error says what is wrong; a torn line is no harm.
    throw error;
  }
  if (outcome.isInterrupted) {
    await manifest.close();
    return outcome;
  }
  for (const path of folders) await syncDirectory(path);
  await manifest.finish();
  return outcome;
}

interface Disk {
  readonly writeFile: typeof writeFileWhole;
  readonly force: boolean;
}

async function writeAll(job: RewriteJob, folder: Folder, manifest: PartialManifest, disk: Disk): Promise<Outcome> {
  const listed = manifest.entries();
  const started: Promise<Placed>[] = [];
  let done = 0;

  /** Waits for the oldest, so that the manifest is in order. */
  async function settleOne(): Promise<void> {
    const placed = await started.shift();
    if (placed === undefined) return;
    if (!placed.isListed) await manifest.add(placed.entry);
    done += 1;
    job.progress.step(placed.isKept);
  }

  try {
    for await (const recipient of job.recipients()) {
      for (const target of targetsOf(job, recipient)) {
        if (job.signal.aborted) break;
        const { value: earlier } = await listed.next();
        if (earlier !== undefined) checkSame(target, earlier, folder);
        const placing = place(target, earlier, folder, disk);
        placing.catch(() => {}); // Its turn to be awaited comes.
        started.push(placing);
        if (started.length >= filesWrittenAtOnce) await settleOne();
      }
      if (job.signal.aborted) break;
    }
    while (started.length > 0) await settleOne();
    if (!job.signal.aborted && (await listed.next()).value !== undefined) throw differentList(folder, done);
    return { done, isInterrupted: job.signal.aborted && done < job.mailCount };
  } catch (error) {
    await Promise.allSettled(started);
    throw tellWhatIsThere(error, job, folder, done);
  } finally {
    await listed.return(undefined);
  }
}

interface Target {
  readonly file: CompiledFile;
  readonly recipient: string;
  readonly path: string;
}

function targetsOf(job: RewriteJob, recipient: string): readonly Target[] {
  return job.files.map((file) => ({
    file,
    recipient,
    path: targetName(file.file, file.extension, recipient, job.files.length),
  }));
}

interface Placed {
  readonly entry: ManifestEntry;
  /** Whether the manifest lists it since an earlier run. */
  readonly isListed: boolean;
  readonly isKept: boolean;
}

/** Keeps what an earlier run wrote and is still there; writes the rest. */
async function place(
  { file, recipient, path }: Target,
  earlier: ManifestEntry | undefined,
  folder: Folder,
  disk: Disk,
): Promise<Placed> {
  const target = join(folder.directory, path);
  if (earlier !== undefined && (await sizeOf(target)) === earlier.bytes) {
    return { entry: earlier, isListed: true, isKept: true };
  }
  const copy = file.copyFor(recipient);
  await disk.writeFile(target, copy, { force: disk.force });
  const entry = { file: file.file, recipient, path, bytes: copy.length };
  return { entry, isListed: earlier !== undefined, isKept: false };
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

function checkSame({ file, recipient, path }: Target, earlier: ManifestEntry, folder: Folder): void {
  if (earlier.file === file.file && earlier.recipient === recipient && earlier.path === path) return;
  throw notResumable(
    join(folder.name, PARTIAL_MANIFEST),
    `it lists ${quote(earlier.recipient)} where the list of recipients now has ${quote(recipient)}`,
  );
}

function differentList(folder: Folder, done: number): TelltaleError {
  return notResumable(
    join(folder.name, PARTIAL_MANIFEST),
    `it lists more than the ${count(done)} mails there are to write now`,
  );
}

/** The error, with what is there and the ways on. */
function tellWhatIsThere(error: unknown, job: RewriteJob, folder: Folder, done: number): unknown {
  const problem = explainSystemError(error);
  if (!(problem instanceof TelltaleError) || problem.code === 'NOT_RESUMABLE') return problem;
  const there = `${count(done)} of ${count(job.mailCount)} mails are in ${folder.name}, without ${MANIFEST}`;
  return new TelltaleError(
    problem.code,
    `${messageOf(problem)} ${there}: go on with --resume, or start over with --force.`,
    { cause: problem },
  );
}
