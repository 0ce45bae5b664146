// Recipients who get no more mail, a page at a time, in the order of their keys.
import type { SuppressionReason } from '../base/nouns.ts';
import { decodeKey, encodeKey, type Page, type PageOf } from './cursor.ts';

/** A recipient who gets no more mail. */
export interface SuppressedRow {
  readonly recipient: string;
  readonly reason: SuppressionReason;
  /** Where it was said, in the sender's words. */
  readonly source: string | null;
  readonly atMs: number;
}

export interface Suppressed {
  readonly recipient: string;
  readonly reason: SuppressionReason;
  readonly source: string | null;
  readonly at: string;
}

/** What the list needs of a store. */
export interface SuppressionSource {
  listSuppressions(page: {
    readonly after: string | null;
    readonly limit: number;
  }): Promise<{ readonly rows: readonly SuppressedRow[]; readonly next: string | null }>;
}

/** Bytes of a recipient's key. */
const KEY_BYTES = 8;

/**
 * One page.
 *
 * @throws TelltaleError `INVALID_CURSOR`.
 */
export async function listSuppressions(
  source: SuppressionSource,
  { cursor, limit }: PageOf,
): Promise<Page<Suppressed>> {
  const { rows, next } = await source.listSuppressions({ after: decodeKey(cursor, 's', KEY_BYTES), limit });
  return { items: rows.map(suppressed), next: encodeKey('s', next) };
}

/** A row as it is shown. */
export function suppressed({ atMs, ...row }: SuppressedRow): Suppressed {
  return { ...row, at: new Date(atMs).toISOString() };
}
