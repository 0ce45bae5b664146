// Writes a file whole or not at all: under a temporary name, synced, then put in its place.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TelltaleError } from '../base/errors.ts';

/**
 * Writes `content` to `path`.
 *
 * @throws TelltaleError `FILE_EXISTS` when the file is there and `force` is not set.
 */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array,
  options: { readonly force?: boolean; readonly mode?: number } = {},
): Promise<void> {
  const temporary = temporaryName(path);
  const file = await open(temporary, 'wx', options.mode ?? 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
    await file.close();
    await putInPlace(temporary, path, options);
  } finally {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  }
}

/** A name beside `path` that is nobody's. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.telltale-${process.pid}-${randomUUID()}.tmp`);
}

/**
 * Gives a finished file its name.
 *
 * @throws TelltaleError `FILE_EXISTS` when the name is taken and `force` is not set.
 */
export async function putInPlace(
  temporary: string,
  path: string,
  options: { readonly force?: boolean },
): Promise<void> {
  if (options.force === true) return rename(temporary, path);
  await link(temporary, path).catch((error: unknown) => {
    throw isExisting(error) ? fileExists(path) : error;
  });
  await rm(temporary);
}

/** Removes the temporary files of processes that were killed. */
export async function removeLeftovers(directory: string): Promise<void> {
  const names = existsSync(directory) ? await readdir(directory) : [];
  for (const name of names) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(directory, name), { force: true });
  }
}

const TEMPORARY = /^\.telltale-(\d+)-[0-9a-f-]{36}\.tmp$/;

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Makes the names in a directory last through a power cut, where the system lets a directory be synced. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

export function fileExists(path: string): TelltaleError {
  return new TelltaleError('FILE_EXISTS', `${path} exists already. Name another place, or overwrite it with --force.`);
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

/**
 * Makes a directory and those above it. Not by mkdir's own recursion, which never ends where the system answers
 * "does not exist" for a directory whose parent does (as below /proc).
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  const missing: string[] = [];
  for (let at = path; !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const directory of missing) {
    await mkdir(directory, { mode }).catch((error: unknown) => {
      if (!isExisting(error)) throw error;
    });
  }
}

/** Makes the folder of a database that is a file. */
export async function makeDirectoryFor(database: string): Promise<void> {
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(database)?.[1];
  if (path !== undefined) await makeDirectory(dirname(path), 0o700);
}
