// What one recipient did with each message, newest message first.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { decodeNumber, encodeKey, type Page, type PageOf } from './cursor.ts';
import { isoTime } from './iso-time.ts';
import { type RecipientHits, recipientHits } from './recipient-hits.ts';
import type { ReportSource } from './report-source.ts';

export interface HistoryRow {
  readonly message: string;
  readonly name: string | null;
  readonly sentAt: string | null;
  readonly opens: RecipientHits;
  readonly clicks: RecipientHits;
  readonly unsubscribedAt: string | null;
}

export interface RecipientHistory extends Page<HistoryRow> {
  readonly recipient: string;
}

/**
 * One page of a recipient's history.
 *
 * @throws TelltaleError `UNKNOWN_RECIPIENT`, `INVALID_CURSOR`.
 */
export async function recipientHistory(
  source: ReportSource,
  { recipient, cursor, limit }: PageOf & { readonly recipient: string },
): Promise<RecipientHistory> {
  const page = await source.historyOf(recipient, { after: decodeNumber(cursor, 'h'), limit });
  if (page === undefined) {
    throw new TelltaleError('UNKNOWN_RECIPIENT', `Nothing is known of a recipient ${quote(recipient)}.`);
  }
  const items = page.rows.map(({ message, name, sentAtMs, opens, clicks, unsubscribedAtMs }) => ({
    message,
    name,
    sentAt: isoTime(sentAtMs),
    opens: recipientHits(opens),
    clicks: recipientHits(clicks),
    unsubscribedAt: isoTime(unsubscribedAtMs),
  }));
  return { recipient, items, next: encodeKey('h', page.next) };
}
