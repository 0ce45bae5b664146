// The message that a report is of.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import type { MessageRow, ReportSource } from './report-source.ts';

/**
 * Finds a message.
 *
 * @throws TelltaleError `UNKNOWN_MESSAGE`.
 */
export async function knownMessage(source: Pick<ReportSource, 'findMessage'>, id: string): Promise<MessageRow> {
  const message = await source.findMessage(id);
  if (message !== undefined) return message;
  throw new TelltaleError('UNKNOWN_MESSAGE', `No message ${quote(id)} was sent or hit. See the list: telltale report.`);
}
