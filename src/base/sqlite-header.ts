// Whose a SQLite file is, told from its first bytes alone: to open another program's database, even to look, can roll
// the log of a crashed owner into it.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

/** Bytes of a SQLite file's header (https://www.sqlite.org/fileformat2.html#the_database_header). */
const HEADER_BYTES = 100;

const MAGIC = 'SQLite format 3\0';
const APPLICATION_ID_AT = 68;

/** Says what keeps the file at `path` from being one of `applicationId`; nothing when it is, is empty, or is not there. */
export function fileProblem(path: string, applicationId: number): string | undefined {
  return existsSync(path) ? headerProblem(readHeader(path), applicationId) : undefined;
}

function readHeader(path: string): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    return header.subarray(0, readSync(file, header));
  } finally {
    closeSync(file);
  }
}

/** Says what keeps the file that begins with `header` from being one of `applicationId`; nothing when it is, or is empty. */
function headerProblem(header: Uint8Array, applicationId: number): string | undefined {
  if (header.length === 0) return undefined;
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return 'it is not a SQLite database';
  }
  return bytes.readUInt32BE(APPLICATION_ID_AT) === applicationId ? undefined : 'it belongs to another program';
}
