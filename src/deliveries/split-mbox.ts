// Splits an mbox into its messages, one at a time, however long it is. A message begins behind a line that begins with
// "From "; lines of a message that begin so were quoted by who wrote the file (mboxrd, RFC 4155).

/** A message, or how many bytes it has when those are more than may be. */
export type MboxMessage = { readonly raw: Buffer } | { readonly bytes: number };

/** The messages; what is no mbox is one message. */
export async function* splitMbox(chunks: AsyncIterable<Buffer>, bytesMax: number): AsyncGenerator<MboxMessage> {
  let lines: Buffer[] = [];
  let bytes = 0;
  let isMbox = false;
  let isFirst = true;
  const take = (): MboxMessage => {
    const message = bytes > bytesMax ? { bytes } : { raw: Buffer.concat(lines) };
    lines = [];
    bytes = 0;
    return message;
  };
  for await (const { piece, isStart } of piecesOf(chunks)) {
    const isFrom = isStart && piece.subarray(0, FROM.length).equals(FROM);
    if (isFirst) isMbox = isFrom;
    isFirst = false;
    if (isMbox && isFrom) {
      if (bytes > 0) yield take();
      continue;
    }
    const isQuoted = isMbox && isStart && QUOTED.test(piece.subarray(0, QUOTED_CHARS).toString('latin1'));
    const own = isQuoted ? piece.subarray(1) : piece;
    bytes += own.length;
    if (bytes <= bytesMax) lines.push(own);
  }
  if (bytes > 0) yield take();
}

const FROM = Buffer.from('From ');
const QUOTED = /^>+From /;
const QUOTED_CHARS = 80;

interface Piece {
  readonly piece: Buffer;
  /** Whether a line begins with it. */
  readonly isStart: boolean;
}

/** Lines with their breaks, those that are over a chunk long in pieces. */
async function* piecesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let rest: Buffer = Buffer.alloc(0);
  let isStart = true;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = Buffer.alloc(0);
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(10, start);
      if (end === -1) break;
      yield { piece: bytes.subarray(start, end + 1), isStart };
      isStart = true;
      start = end + 1;
    }
    const left = bytes.subarray(start);
    // Enough to tell how a line begins.
    if (left.length <= QUOTED_CHARS) rest = left;
    else {
      yield { piece: left, isStart };
      isStart = false;
    }
  }
  if (rest.length > 0) yield { piece: rest, isStart };
}
