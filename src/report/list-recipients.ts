// The recipients of a message, each with what it did, page by page in the order of their keys.

import { decodeKey, encodeKey, type Page, type PageOf } from './cursor.ts';
import { isoTime } from './iso-time.ts';
import { knownMessage } from './known-message.ts';
import { type RecipientHits, recipientHits } from './recipient-hits.ts';
import type { RecipientFilter, RecipientStates, ReportSource } from './report-source.ts';

export interface RecipientRow {
  readonly recipient: string;
  /** The mail domain, where the sender told it. */
  readonly domain: string | null;
  readonly sentAt: string | null;
  readonly opens: RecipientHits;
  readonly clicks: RecipientHits;
  readonly unsubscribedAt: string | null;
}

export interface RecipientOptions extends PageOf {
  readonly message: string;
  /**
   * `opened`, `clicked`: by a person, as judged; `nothing`: no person did either, nor unsubscribed, whatever machines
   * fetched. @default 'all'
   */
  readonly filter?: RecipientFilter | undefined;
  /** The id of the one recipient to show. @default all of them */
  readonly search?: string | undefined;
}

/** Bytes of a recipient's key in the store. */
const KEY_BYTES = 8;

/**
 * One page of recipients.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`, `INVALID_CURSOR`.
 */
export async function listRecipients(source: ReportSource, options: RecipientOptions): Promise<Page<RecipientRow>> {
  const { message, filter = 'all', search = '', cursor, limit } = options;
  const after = decodeKey(cursor, 'k', KEY_BYTES);
  await knownMessage(source, message);
  if (search !== '') {
    const found = await source.recipientOf(message, search);
    const items = found === undefined ? [] : [toRow(found)].filter((row) => fits(row, filter));
    return { items, next: null };
  }
  const { rows, next } = await source.recipientsOf(message, { filter, after, limit });
  return { items: rows.map(toRow), next: encodeKey('k', next) };
}

function toRow({ recipient, domain, sentAtMs, opens, clicks, unsubscribedAtMs }: RecipientStates): RecipientRow {
  return {
    recipient,
    domain,
    sentAt: isoTime(sentAtMs),
    opens: recipientHits(opens),
    clicks: recipientHits(clicks),
    unsubscribedAt: isoTime(unsubscribedAtMs),
  };
}

function fits({ opens, clicks, unsubscribedAt }: RecipientRow, filter: RecipientFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'opened':
      return opens.people > 0;
    case 'clicked':
      return clicks.people > 0;
    case 'unsubscribed':
      return unsubscribedAt !== null;
    case 'nothing':
      return opens.people + clicks.people === 0 && unsubscribedAt === null;
  }
}
