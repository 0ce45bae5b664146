// Cursors of lists: where a page ended, so that no list is ever read by an offset. A cursor that is not one of the list it
// is given to is refused, never read as the beginning.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import type { MessagePlace, MessageSort } from './report-source.ts';

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The cursor of the next page, or null on the last. A page may be short, or empty, and have one. */
  readonly next: string | null;
}

/** The part of a list that is asked for. */
export interface PageOf {
  /** The `next` of the page before. @default the first page */
  readonly cursor?: string | null | undefined;
  readonly limit: number;
}

/** A key of the store in hexadecimal, behind the letter of its list. */
export function encodeKey(letter: string, key: string | number | null): string | null {
  return key === null ? null : letter + key;
}

/**
 * Reads what {@link encodeKey} made of bytes.
 *
 * @throws TelltaleError `INVALID_CURSOR`.
 */
export function decodeKey(cursor: string | null | undefined, letter: string, bytes: number): string | null {
  if (cursor === null || cursor === undefined) return null;
  if (cursor[0] === letter && cursor.length === 1 + 2 * bytes && /^[0-9a-f]+$/.test(cursor.slice(1))) {
    return cursor.slice(1);
  }
  throw notOurs(cursor);
}

/**
 * Reads what {@link encodeKey} made of a number.
 *
 * @throws TelltaleError `INVALID_CURSOR`.
 */
export function decodeNumber(cursor: string | null | undefined, letter: string): number | null {
  if (cursor === null || cursor === undefined) return null;
  if (cursor[0] === letter && /^\d{1,15}$/.test(cursor.slice(1))) return Number(cursor.slice(1));
  throw notOurs(cursor);
}

/** `m12`, or `m12.sent.400` and `m12.name.U2FsZQ` in a list that is sorted by something else than the number. */
export function encodePlace(sort: MessageSort, { by, key }: MessagePlace): string {
  if (sort === 'newest') return `m${key}`;
  return `m${key}.${sort}.${typeof by === 'number' ? by : Buffer.from(by).toString('base64url')}`;
}

/**
 * Reads what {@link encodePlace} made for the same order.
 *
 * @throws TelltaleError `INVALID_CURSOR`.
 */
export function decodePlace(cursor: string | null | undefined, sort: MessageSort): MessagePlace | null {
  if (cursor === null || cursor === undefined) return null;
  const [, key = '', of = 'newest', by = ''] = /^m(\d{1,15})(?:\.([a-z]+)\.([\w-]*))?$/.exec(cursor) ?? [];
  if (key !== '' && of === sort) {
    if (sort === 'newest') return { by: 0, key: Number(key) };
    if (sort === 'name') return { by: Buffer.from(by, 'base64url').toString(), key: Number(key) };
    if (/^\d{1,15}$/.test(by)) return { by: Number(by), key: Number(key) };
  }
  throw notOurs(cursor);
}

function notOurs(cursor: string): TelltaleError {
  return new TelltaleError(
    'INVALID_CURSOR',
    `cursor must be the "next" of an earlier page of the same list, in the same order, but ${quote(cursor)} came. Leave it out for the first page.`,
  );
}
