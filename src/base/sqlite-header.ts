// Whose a SQLite file is, told from its first bytes alone: to open another program's database, even to look, can roll
// the log of a crashed owner into it.

/** Bytes of a SQLite file's header (https://www.sqlite.org/fileformat2.html#the_database_header). */
export const sqliteHeaderBytes = 100;

const MAGIC = 'SQLite format 3\0';
const APPLICATION_ID_AT = 68;

/** Says what keeps the file that begins with `header` from being one of `applicationId`; nothing when it is, or is empty. */
export function headerProblem(header: Uint8Array, applicationId: number): string | undefined {
  if (header.length === 0) return undefined;
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (bytes.length < sqliteHeaderBytes || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return 'it is not a SQLite database';
  }
  return bytes.readUInt32BE(APPLICATION_ID_AT) === applicationId ? undefined : 'it belongs to another program';
}
