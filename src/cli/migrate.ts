// `telltale migrate`: makes the database, or brings its schema up to date. `serve` does the same when it starts.
import { type Io, say, writeOut } from './io.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';

/** Runs the command. */
export async function migrate(flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const url = await withStore(settings, { migrate: true }, async (store) => store.url);
  if (settings.json) await writeOut(io, `${JSON.stringify({ database: url })}\n`);
  else if (!settings.quiet) say(io, `${url} is up to date.`);
}
