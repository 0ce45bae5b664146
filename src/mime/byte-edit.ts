// A change of bytes at known offsets: everything between two edits is copied as it is.

/** What stands from `start` to `end` becomes `text`, which is ASCII. */
export interface ByteEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The bytes with the edits made; edits ascend and do not overlap. */
export function spliceBytes(bytes: Buffer, edits: readonly ByteEdit[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, text } of edits) {
    pieces.push(bytes.subarray(at, start), Buffer.from(text, 'latin1'));
    at = end;
  }
  pieces.push(bytes.subarray(at));
  return Buffer.concat(pieces);
}
