// `telltale migrate`: makes the database, or brings its schema up to date; `serve` does the same when it starts. With
// --from and --to it moves a store from SQLite to PostgreSQL.
import { existsSync } from 'node:fs';
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import type { MovedTable } from '../store/move-store.ts';
import { isPostgres } from '../store/open-store.ts';
import { type Io, say, writeOut } from './io.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';

export interface MigrateFlags extends CommonFlags {
  readonly from?: string;
  readonly to?: string;
  readonly giveUp?: boolean;
}

/** Runs the command. */
export async function migrate(flags: MigrateFlags, io: Io): Promise<void> {
  if (flags.from !== undefined || flags.to !== undefined || flags.giveUp === true) return await move(flags, io);
  const settings = readSettings(flags, io);
  const url = await withStore(settings, { migrate: true }, async (store) => store.url);
  if (settings.json) await writeOut(io, `${JSON.stringify({ database: url })}\n`);
  else if (!settings.quiet) say(io, `${url} is up to date.`);
}

async function move({ from = '', to, giveUp = false, ...flags }: MigrateFlags, io: Io): Promise<void> {
  const { json, quiet } = readSettings(flags, io);
  const path = /^sqlite:(?:\/\/)?(.+)$/.exec(from)?.[1];
  if (path === undefined || giveUp === (to !== undefined) || !(giveUp || isPostgres(to ?? ''))) {
    const came = [from === '' ? '' : '--from …', to === undefined ? '' : '--to …', giveUp ? '--give-up' : ''].filter(
      (part) => part !== '',
    );
    throw new TelltaleError(
      'INVALID_OPTION',
      `A store is moved with --from sqlite:telltale.db --to postgres://user@host/database, or taken back with --from and --give-up, but ${came.length === 0 ? 'none of these' : quote(came.join(' '))} came.`,
    );
  }
  if (!existsSync(path)) {
    throw new TelltaleError(
      'INVALID_DATABASE',
      `There is no database at ${quote(path)} to move. Name the file with --from.`,
    );
  }
  const { moveStore, giveUpMove } = await import('../store/move-store.ts');
  if (giveUp) {
    await giveUpMove(path);
    if (!quiet) say(io, `sqlite:${path} may be written again.`);
    return;
  }
  if (!quiet) say(io, 'From now on nobody writes to the file; hits wait in the journals of running collectors.');
  const onTable = ({ table, rows, checksum }: MovedTable) => {
    if (!quiet && !json) say(io, `${table}: ${rows} rows, checksum ${checksum.slice(0, 16)} in both`);
  };
  const tables = await moveStore({ from: path, to: to ?? '', onTable });
  if (json) await writeOut(io, `${JSON.stringify({ tables })}\n`);
  else if (!quiet) say(io, 'All is there. Start the server again with the new URL in TELLTALE_DATABASE.');
}
