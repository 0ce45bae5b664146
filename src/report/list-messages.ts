// The list of messages, with the figures one looks for in a list.
import { decodePlace, encodePlace, type Page, type PageOf } from './cursor.ts';
import { isoTime } from './iso-time.ts';
import { type Rate, ratesOf } from './rates.ts';
import type { ListedMessage, MessageSort, ReportSource } from './report-source.ts';
import { shownOf } from './withhold-small.ts';

export interface MessageSummary {
  readonly id: string;
  readonly name: string | null;
  readonly firstSentAt: string | null;
  readonly sent: number;
  readonly opens: SummaryCounts;
  readonly clicks: SummaryCounts;
}

/** `human` counts recipients with a hit judged `human` or `proxy-human`, as a share of the report's denominator. */
interface SummaryCounts {
  readonly total: number;
  readonly unique: number;
  readonly rate: { readonly raw: number | null; readonly human: number | null };
}

export interface ListOptions extends PageOf {
  /** Text in the id or the name; letters of ASCII in either case. @default all messages */
  readonly search?: string | undefined;
  /** `opened` and `clicked` by recipients of whom a person did; all but `name` from the highest. @default 'newest' */
  readonly sort?: MessageSort | undefined;
}

/**
 * One page of messages.
 *
 * @throws TelltaleError `INVALID_CURSOR`.
 */
export async function listMessages(source: ReportSource, options: ListOptions): Promise<Page<MessageSummary>> {
  const { cursor, limit, search = '', sort = 'newest' } = options;
  const rows = await source.listMessages({ sort, search, after: decodePlace(cursor, sort), limit: limit + 1 });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > shown.length && last !== undefined ? encodePlace(sort, last.place) : null;
  return { items: shown.map(summarise), next };
}

function summarise(row: ListedMessage): MessageSummary {
  const rates = ratesOf(row, {
    open: { any: row.opens.recipients, people: row.opens.people },
    click: { any: row.clicks.recipients, people: row.clicks.people },
  });
  const counts = ({ total, recipients, anonymous }: ListedMessage['opens'], rate: Rate) => ({
    total: total - anonymous + shownOf(anonymous),
    unique: recipients,
    rate: { raw: rate.raw, human: rate.human },
  });
  return {
    id: row.id,
    name: row.name,
    firstSentAt: isoTime(row.firstSentAtMs),
    sent: row.sent,
    opens: counts(row.opens, rates.open),
    clicks: counts(row.clicks, rates.click),
  };
}
