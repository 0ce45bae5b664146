// `telltale settle`: settles what is in a stream into the database, beside any number of others that do the same.
import { startEngine } from '../engine/start-engine.ts';
import { type Io, say, writeOut } from './io.ts';
import { makeLog } from './log.ts';
import { readRepeatWindow, untilSignal } from './serve.ts';
import { type CommonFlags, readSettings } from './settings.ts';
import { needStream, type StreamOptionFlags } from './stream-flags.ts';
import { makeDirectoryFor } from './write-file.ts';

export interface SettleFlags extends CommonFlags, StreamOptionFlags {
  readonly repeatWindow?: string;
}

/** Runs the command until a signal stops it; returns the exit status. */
export async function settle(flags: SettleFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  const stream = await needStream(flags, settings, io);
  const repeatWindowMs = readRepeatWindow(flags.repeatWindow ?? settings.repeatWindow ?? '0');
  await makeDirectoryFor(settings.database);
  const log = makeLog(io, settings);
  const engine = await startEngine({
    databaseUrl: settings.database,
    stream: { settings: stream, settles: true },
    repeatWindowMs,
    rules: settings.rules,
    onProblem: log.problem,
  });
  const stopped = untilSignal(engine, log);
  if (settings.json) await writeOut(io, `${JSON.stringify({ database: engine.store.url, pid: process.pid })}\n`);
  else if (!settings.quiet) say(io, `Settling into ${engine.store.url}.`);
  return await stopped;
}
