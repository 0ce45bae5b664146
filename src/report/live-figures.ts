// The figures of a report that change while one looks, and a cheap way to know that they have: look-ups of kept counts.
import { buildReport, type Report } from './build-report.ts';
import { knownMessage } from './known-message.ts';
import type { ReportSource } from './report-source.ts';

/** A part of a report, under the same names. */
export interface LiveFigures extends Pick<Report, 'sent' | 'opens' | 'clicks' | 'unsubscribes' | 'conversions'> {
  readonly rates: Pick<Report['rates'], 'click' | 'clickToOpen'> & {
    readonly open: Pick<Report['rates']['open'], 'raw' | 'human'> & {
      readonly estimated: Pick<Report['rates']['open']['estimated'], 'value' | 'low' | 'high'>;
    };
  };
}

/**
 * A text that is another whenever the counts of the message are.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`.
 */
export async function stampOf(source: ReportSource, message: string): Promise<string> {
  const known = await knownMessage(source, message);
  return JSON.stringify([known, await source.countsOf(known.id), await source.conversionsOf(known.id)]);
}

/**
 * The figures as they are now.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`.
 */
export async function liveFigures(source: ReportSource, message: string): Promise<LiveFigures> {
  const { rates, ...report } = await buildReport(source, { message });
  const { sent, opens, clicks, unsubscribes, conversions } = report;
  const { raw, human, estimated } = rates.open;
  const { value, low, high } = estimated;
  const open = { raw, human, estimated: { value, low, high } };
  const { click, clickToOpen } = rates;
  return { sent, opens, clicks, unsubscribes, conversions, rates: { open, click, clickToOpen } };
}
