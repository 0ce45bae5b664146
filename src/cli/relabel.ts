// `telltale relabel`: judges what is stored anew, after new rules. A dry run says what would change.
import type { Label } from '../base/nouns.ts';
import type { RelabelPlace } from '../store/relabel-rows.ts';
import { type Io, say, writeOut } from './io.ts';
import { count } from './progress.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { withStore } from './stores.ts';
import { printTable } from './table.ts';

export interface RelabelFlags extends CommonFlags {
  readonly dryRun?: boolean;
}

interface Move {
  readonly from: Label;
  readonly to: Label;
  readonly events: number;
}

/** Runs the command. */
export async function relabel(flags: RelabelFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const isDryRun = flags.dryRun ?? false;
  const options = { rules: settings.rules ?? [], isDryRun };
  const moves = new Map<string, Move>();
  let looked = 0;
  let bare = 0;
  await withStore(settings, { migrate: false }, async (store) => {
    let place: RelabelPlace | null = null;
    do {
      const page = await store.relabel(place, options);
      looked += page.looked;
      bare += page.bare;
      for (const { from, to, events } of page.changed) {
        const name = `${from} ${to}`;
        moves.set(name, { from, to, events: events + (moves.get(name)?.events ?? 0) });
      }
      place = page.next;
    } while (place !== null);
  });
  const changed = [...moves.values()].sort((a, b) => b.events - a.events);
  if (settings.json) return await writeOut(io, `${JSON.stringify({ dryRun: isDryRun, looked, bare, changed })}\n`);
  const rows = changed.map(({ from, to, events }) => [from, to, count(events)]);
  await printTable(io, ['was', isDryRun ? 'would be' : 'is', 'hits'], rows, ['hits']);
  const sum = changed.reduce((total, { events }) => total + events, 0);
  if (settings.quiet) return;
  const what = isDryRun ? 'would change; nothing was written' : 'have another label now';
  say(io, `${count(sum)} of ${count(looked)} hits ${what}.`);
  if (bare > 0) say(io, `${count(bare)} hits keep their label: what it was made of is not kept for so long.`);
}
