// A mail as it is kept to be shown later with what its links were worth: the source as it was sent, before rewriting and
// without links that are one reader's own. Packed, it is a tenth of its size.
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { packedMailBytesMax } from './limits.ts';

export interface KeptMail {
  /** The source; the values of links that unsubscribe, log in or reset a password are `#`. */
  readonly html: string;
  /** Offset in `html` where its body begins; null when it has none. */
  readonly bodyAt: number | null;
  /** Tracked links that every client shows. */
  readonly marks: readonly KeptMark[];
  /** Tags by which a browser would connect to other hosts, whatever policy forbids it. */
  readonly reaching: readonly ReachingTag[];
  /** The tracked links, one for each index. */
  readonly links: readonly KeptLink[];
}

export interface KeptMark {
  /** Offset in `html` behind the name of the link's tag. */
  readonly at: number;
  readonly index: number;
}

/** Followed, framed, or asked for ahead of time. */
export const REACHING_TAGS = ['a', 'area', 'link', 'iframe', 'frame'] as const;

export interface ReachingTag {
  readonly tag: (typeof REACHING_TAGS)[number];
  /** Offset in `html` behind the tag's name. */
  readonly at: number;
}

export interface KeptLink {
  readonly index: number;
  readonly destination: string;
  readonly name: string;
  /** Who sees it: everybody, the place of an image alone, Outlook on Windows alone, or readers of the text part. */
  readonly shown: 'html' | 'area' | 'outlook' | 'text';
}

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** A mail as bytes; the work is done by Node's thread pool. */
export async function packMail(mail: KeptMail): Promise<Buffer> {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT } = constants;
  // The best quality takes seconds for a megabyte; this one a few milliseconds, for a tenth more bytes.
  const params = { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT };
  return await compress(JSON.stringify(mail), { params });
}

/** The mail that {@link packMail} made bytes of. */
export async function unpackMail(packed: Uint8Array): Promise<KeptMail> {
  const text = await decompress(packed, { maxOutputLength: packedMailBytesMax });
  return JSON.parse(text.toString('utf8')) as KeptMail;
}
