// Writes a file whole or not at all: under a temporary name, synced, then put in its place.
import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
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
  const temporary = join(dirname(path), `.telltale-${process.pid}-${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', options.mode ?? 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
    await file.close();
    if (options.force === true) await rename(temporary, path);
    else await link(temporary, path);
  } catch (error) {
    await file.close().catch(() => {});
    throw isExisting(error) ? fileExists(path) : error;
  } finally {
    await rm(temporary, { force: true });
  }
}

export function fileExists(path: string): TelltaleError {
  return new TelltaleError('FILE_EXISTS', `${path} exists already. Name another place, or overwrite it with --force.`);
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
