// The list of messages, newest first, with the figures one looks for in a list.
import { type CountedReport, countMessage } from './build-report.ts';
import type { ReportSource } from './report-source.ts';

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

export interface MessagePage {
  readonly items: readonly MessageSummary[];
  /** The cursor of the next page, or null on the last. */
  readonly next: string | null;
}

/** One page of messages. `cursor` is the `next` of the page before; anything else reads as the first page's end. */
export async function listMessages(
  source: ReportSource,
  page: { readonly cursor: number | null; readonly limit: number },
): Promise<MessagePage> {
  const rows = await source.listMessages({ after: page.cursor, limit: page.limit + 1 });
  const shown = rows.slice(0, page.limit);
  const items: MessageSummary[] = [];
  for (const row of shown) items.push(summarise(await countMessage(source, row.id)));
  const last = shown.at(-1);
  return { items, next: rows.length > shown.length && last !== undefined ? encodeCursor(last.place) : null };
}

/** Reads a cursor; nothing when it is none of ours. */
export function decodeCursor(cursor: string): number | undefined {
  const place = Number(/^m(\d{1,15})$/.exec(cursor)?.[1] ?? Number.NaN);
  return Number.isSafeInteger(place) ? place : undefined;
}

function encodeCursor(place: number): string {
  return `m${place}`;
}

function summarise(report: CountedReport): MessageSummary {
  const { opens, clicks, rates } = report;
  return {
    ...report.message,
    sent: report.sent,
    opens: { total: opens.total, unique: opens.unique, rate: { raw: rates.open.raw, human: rates.open.human } },
    clicks: { total: clicks.total, unique: clicks.unique, rate: { raw: rates.click.raw, human: rates.click.human } },
  };
}
