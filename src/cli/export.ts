// `telltale export`: what is kept, for other programs and for whoever asks what is known of them.
import { TelltaleError } from '../base/errors.ts';
import { checkId, quote } from '../base/ids.ts';
import { type ExportEventsFlags, exportEvents } from './export-events.ts';
import { type Io, writeOut } from './io.ts';
import { readSettings } from './settings.ts';
import { withStore } from './stores.ts';

export interface ExportFlags extends ExportEventsFlags {
  readonly events?: boolean;
  readonly recipient?: string;
}

/**
 * Runs the command; returns the exit status.
 *
 * @throws TelltaleError `USAGE`, `UNKNOWN_RECIPIENT`, `INVALID_ID`, `INVALID_DATABASE`.
 */
export async function exportCommand(flags: ExportFlags, io: Io): Promise<number> {
  const { events = false, recipient } = flags;
  if (events === (recipient !== undefined)) {
    throw new TelltaleError('USAGE', 'Say what to export: telltale export --events, or --recipient ID.');
  }
  if (recipient === undefined) return await exportEvents(flags, io);
  await exportRecipient(recipient, flags, io);
  return 0;
}

/** All that is stored of a recipient, as JSON: indented for a person, one line with `--json`. */
async function exportRecipient(recipient: string, flags: ExportFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  checkId(recipient, 'recipient');
  const known = await withStore(settings, { migrate: false }, (store) => store.exportRecipient(recipient));
  if (known === undefined) {
    throw new TelltaleError('UNKNOWN_RECIPIENT', `Nothing is stored of a recipient ${quote(recipient)}.`);
  }
  await writeOut(io, `${JSON.stringify(known, null, settings.json ? 0 : 2)}\n`);
}
