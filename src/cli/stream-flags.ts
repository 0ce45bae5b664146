// The options that name a stream, for the commands that use one.
import { resolve } from 'node:path';
import { TelltaleError } from '../base/errors.ts';
import { loadNats } from '../stream/load-nats.ts';
import { readStreamSettings, type StreamSettings } from '../stream/stream-settings.ts';
import type { Io } from './io.ts';
import type { Settings } from './settings.ts';

export interface StreamOptionFlags {
  readonly stream?: string;
  readonly streamCredentials?: string;
  readonly streamReplicas?: string;
}

/** The stream that was named; nothing when none was. Its clients are there then. */
export async function readStream(
  flags: StreamOptionFlags,
  settings: Settings,
  io: Io,
): Promise<StreamSettings | undefined> {
  const url = flags.stream ?? settings.stream;
  if (url === undefined || url === '') return undefined;
  const credentials = flags.streamCredentials ?? settings.streamCredentials;
  const replicas = flags.streamReplicas ?? settings.streamReplicas;
  const stream = readStreamSettings({ url, credentials: credentials && resolve(io.cwd, credentials), replicas });
  await loadNats();
  return stream;
}

/** The same, for commands that can do nothing without. */
export async function needStream(flags: StreamOptionFlags, settings: Settings, io: Io): Promise<StreamSettings> {
  const stream = await readStream(flags, settings, io);
  if (stream !== undefined) return stream;
  throw new TelltaleError('USAGE', 'Name the stream: --stream nats://HOST, or TELLTALE_STREAM.');
}
