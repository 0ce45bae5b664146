// Names of the files `rewrite` writes: one a recipient, safe on any file system.
import { createHash } from 'node:crypto';
import { basename, extname, join } from 'node:path';

/** `<recipient>.html`, or below a folder for each of several files. */
export function targetName(file: string, extension: string, recipient: string, fileCount: number): string {
  const name = `${fileNameOf(recipient)}.${extension}`;
  return fileCount === 1 ? name : join(stemOf(file), name);
}

/** The name of a file without folder and extension. */
export function stemOf(file: string): string {
  return file === '-' ? 'stdin' : basename(file, extname(file));
}

/** A file name that any file system keeps apart: bytes outside `[a-z0-9_-]` as `=hh`; a hash where that is too long. */
export function fileNameOf(recipient: string): string {
  if (ALL_SAFE.test(recipient)) return recipient;
  const name = [...Buffer.from(recipient)]
    .map((byte) => (SAFE.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hex(byte)))
    .join('');
  return name.length <= 200 ? name : createHash('sha256').update(recipient).digest('hex').slice(0, 32);
}

const SAFE = /[a-z0-9_-]/;
const ALL_SAFE = /^[a-z0-9_-]+$/;

function hex(byte: number): string {
  return `=${byte.toString(16).padStart(2, '0')}`;
}
