// `telltale export`: all that is stored of a recipient, as JSON, for whoever asks what is known of them.
import { TelltaleError } from '../base/errors.ts';
import { checkId, quote } from '../base/ids.ts';
import { type Io, writeOut } from './io.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';

/**
 * Runs the command: indented for a person, one line with `--json`.
 *
 * @throws TelltaleError `UNKNOWN_RECIPIENT`, `INVALID_ID`, `INVALID_DATABASE`.
 */
export async function exportCommand(flags: CommonFlags & { readonly recipient: string }, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const { recipient } = flags;
  checkId(recipient, 'recipient');
  const known = await withStore(settings, { migrate: false }, (store) => store.exportRecipient(recipient));
  if (known === undefined) {
    throw new TelltaleError('UNKNOWN_RECIPIENT', `Nothing is stored of a recipient ${quote(recipient)}.`);
  }
  await writeOut(io, `${JSON.stringify(known, null, settings.json ? 0 : 2)}\n`);
}
