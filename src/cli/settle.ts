// `telltale settle`: settles what is in a stream into the database, beside any number of others that do the same.
import { type Engine, startEngine } from '../engine/start-engine.ts';
import type { Listening } from '../server/listen.ts';
import { type Io, say, writeOut } from './io.ts';
import { type Log, makeLog } from './log.ts';
import { readPort, readRepeatWindow, untilSignal } from './serve.ts';
import { type CommonFlags, readSettings, type Settings } from './settings.ts';
import { needStream, type StreamOptionFlags } from './stream-flags.ts';
import { makeDirectoryFor } from './write-file.ts';

export interface SettleFlags extends CommonFlags, StreamOptionFlags {
  readonly repeatWindow?: string;
  readonly metricsPort?: string;
  readonly host?: string;
  readonly hostName?: readonly string[];
}

/** Runs the command until a signal stops it; returns the exit status. */
export async function settle(flags: SettleFlags, io: Io): Promise<number> {
  const settings = readSettings(flags, io);
  const stream = await needStream(flags, settings, io);
  const repeatWindowMs = readRepeatWindow(flags.repeatWindow ?? settings.repeatWindow ?? '0');
  const port = flags.metricsPort ?? settings.metricsPort;
  const at = port === undefined ? undefined : { host: flags.host ?? settings.host ?? LOOPBACK, port: readPort(port) };
  await makeDirectoryFor(settings.database);
  const log = makeLog(io, settings);
  const engine = await startEngine({
    databaseUrl: settings.database,
    stream: { settings: stream, settles: true },
    repeatWindowMs,
    rules: settings.rules,
    onProblem: log.problem,
  });
  const watched = at && (await watchOrClose(at, flags, settings, engine, log));
  const close = async () => void (await Promise.all([watched?.close(), engine.close()]));
  const stopped = untilSignal({ close }, log);
  const metricsUrl = watched?.url;
  if (settings.json)
    await writeOut(
      io,
      `${JSON.stringify({ database: engine.store.url, ...(metricsUrl && { metricsUrl }), pid: process.pid })}\n`,
    );
  else if (!settings.quiet) {
    say(io, `Settling into ${engine.store.url}.`);
    if (metricsUrl !== undefined) say(io, `/metrics, /healthz and /readyz answer on ${metricsUrl}.`);
  }
  return await stopped;
}

const LOOPBACK = '127.0.0.1';

async function watchOrClose(
  at: { readonly host: string; readonly port: number },
  { hostName: hosts = [] }: SettleFlags,
  { apiToken }: Settings,
  engine: Engine,
  log: Log,
): Promise<Listening> {
  try {
    const { listenForMetrics } = await import('../server/listen-for-metrics.ts');
    return await listenForMetrics({ ...at, hosts, apiToken, engine, onProblem: log.problem });
  } catch (error) {
    await engine.close();
    throw error;
  }
}
