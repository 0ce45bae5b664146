// `telltale stream`: what was parked in the stream, shown and tried again; and a gap that cannot be filled, accepted.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { prepareSettling } from '../settle/settle-entries.ts';
import { linkStream, type OpenStream } from '../stream/open-stream.ts';
import { listParked, replayParked, type TakeParked } from '../stream/parked.ts';
import { type Io, say, writeOut } from './io.ts';
import { count } from './progress.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { withStore } from './stores.ts';
import { needStream, type StreamOptionFlags } from './stream-flags.ts';
import { printTable } from './table.ts';

type Flags = CommonFlags & StreamOptionFlags;

/** Lists what is parked. */
export async function listParkedCommand(flags: Flags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  await withStream(flags, settings, io, async (stream) => {
    const rows: string[][] = [];
    for await (const { place, journal, seq, reason, parkedAtMs, text } of listParked(stream)) {
      const parkedAt = new Date(parkedAtMs).toISOString();
      if (settings.json) await writeOut(io, `${JSON.stringify({ place, journal, seq, reason, parkedAt, text })}\n`);
      else rows.push([String(place), parkedAt, journal, String(seq), reason]);
    }
    if (settings.json) return;
    await printTable(io, ['place', 'parked', 'journal', 'seq', 'reason'], rows, ['place', 'seq']);
    if (rows.length === 0 && !settings.quiet) say(io, 'Nothing is parked.');
  });
}

/** Tries to settle it now; returns the exit status. */
export async function replayParkedCommand(flags: Flags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  let settled = 0;
  let left = 0;
  await withStream(flags, settings, io, (stream) =>
    withStore(settings, { migrate: false }, async (store) => {
      const settle = prepareSettling({ store, rules: settings.rules });
      const take: TakeParked = async ({ journal, hit }) => {
        let problem: string | undefined;
        const step = { journal, after: 0, through: 1, entries: [{ seq: 1, hit }] };
        await settle(step, (_, reason) => {
          problem = reason;
          // Before the step ends without it: its place must not be passed.
          return Promise.reject(new Refused(reason));
        }).catch((error: unknown) => (error instanceof Refused ? undefined : Promise.reject(error)));
        return problem;
      };
      for await (const { parked, problem } of replayParked(stream, take)) {
        if (problem === undefined) settled += 1;
        else left += 1;
        if (problem !== undefined) say(io, `${parked.journal || 'message'} ${parked.seq} stays parked: ${problem}`);
      }
    }),
  );
  if (settings.json) await writeOut(io, `${JSON.stringify({ settled, parked: left })}\n`);
  else if (!settings.quiet) say(io, `Settled: ${count(settled)}. Still parked: ${count(left)}.`);
  return left === 0 ? 0 : 3;
}

class Refused extends Error {}

/** Lets settlers go on behind hits that are lost. */
export async function acceptGapCommand(journal: string, place: string, flags: CommonFlags, io: Io): Promise<void> {
  const settings = readSettings(flags, io);
  const through = Number(place);
  if (!/^[0-9a-f-]{36}#\d+$/.test(journal) || !/^\d{1,15}$/.test(place)) {
    throw new TelltaleError(
      'USAGE',
      `Give the journal and the place as the settler named them, like 1b4e…#3 4711, but ${quote(`${journal} ${place}`)} came.`,
    );
  }
  const after = await withStore(settings, { migrate: false }, async (store) => {
    const settled = await store.settledThrough(journal);
    if (settled < through) await store.settle({ journal, after: settled, through, hits: [] });
    return settled;
  });
  const passed = Math.max(0, through - after);
  if (settings.json) await writeOut(io, `${JSON.stringify({ journal, after, through, passed })}\n`);
  else if (!settings.quiet) say(io, `Journal ${journal} goes on behind ${place}; it stood at ${after}.`);
}

async function withStream(
  flags: Flags,
  settings: Settings,
  io: Io,
  use: (stream: OpenStream) => Promise<void>,
): Promise<void> {
  const link = linkStream(await needStream(flags, settings, io), () => undefined);
  try {
    await use(await link.open());
  } finally {
    await link.close();
  }
}
