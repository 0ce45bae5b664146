// The streams as they must be. One that is not there is made; one that is there otherwise is named, setting by setting,
// and left as it is. The number of partitions is read from the stream, which alone says it.
import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { TelltaleError } from '../base/errors.ts';
import { streamDuplicateWindowMs, streamPartitions } from '../base/limits.ts';

export const STREAM_NAME = 'telltale';
export const PARKED_NAME = 'telltale-parked';
export const PARKED_SUBJECT = 'telltale.parked';

/** The subject of a partition. */
export function subjectOf(partition: number): string {
  return `telltale.hits.${partition}`;
}

/** A stream that is there, as far as anybody needs it. */
export interface FoundStream {
  readonly partitions: number;
  /** Servers that keep each message. */
  readonly replicas: number;
}

type Config = Partial<StreamConfig> & Pick<StreamConfig, 'name'>;

/** What both keep for good until it is acknowledged or removed: a full stream refuses, and hits wait in their journals. */
const KEPT = {
  storage: 'file',
  discard: 'new',
  max_age: 0,
  max_msgs: -1,
  max_msgs_per_subject: -1,
  duplicate_window: streamDuplicateWindowMs * 1_000_000,
} as const satisfies Partial<StreamConfig>;

/**
 * Finds the streams, or makes them. A work queue: a message stays until its one consumer has acknowledged it, also while no
 * settler has ever been there, and no second consumer can take it too.
 *
 * @throws TelltaleError `STREAM_MISMATCH`, `STREAM_AWAY`.
 */
export async function ensureStreams(jsm: JetStreamManager, replicas: number | undefined): Promise<FoundStream> {
  const subjects = Array.from({ length: streamPartitions }, (_, at) => subjectOf(at));
  const hits = await ensure(jsm, { ...KEPT, name: STREAM_NAME, subjects, retention: 'workqueue' }, replicas);
  const copies = replicas ?? hits.num_replicas;
  await ensure(jsm, { ...KEPT, name: PARKED_NAME, subjects: [PARKED_SUBJECT], retention: 'limits' }, copies);
  return { partitions: hits.subjects.length, replicas: hits.num_replicas };
}

async function ensure(jsm: JetStreamManager, wanted: Config, replicas: number | undefined): Promise<StreamConfig> {
  const found = (await find(jsm, wanted.name)) ?? (await make(jsm, wanted, replicas));
  const wrong = differences(found, { ...wanted, ...(replicas !== undefined && { num_replicas: replicas }) });
  if (wrong.length === 0) return found;
  throw new TelltaleError(
    'STREAM_MISMATCH',
    `The stream ${wanted.name} exists with other settings than Telltale needs: ${wrong.join('; ')}. Change it (nats stream edit ${wanted.name}), or, if it is not Telltale’s, give Telltale an account of its own. Hits wait in their journals.`,
  );
}

async function find(jsm: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await jsm.streams.info(name)).config;
  } catch (error) {
    if (codeOf(error) === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

async function make(jsm: JetStreamManager, wanted: Config, replicas: number | undefined): Promise<StreamConfig> {
  const copies = replicas ?? CLUSTER_REPLICAS;
  try {
    return (await jsm.streams.add({ ...wanted, num_replicas: copies })).config;
  } catch (error) {
    const found = codeOf(error) === NAME_IN_USE ? await find(jsm, wanted.name) : undefined;
    if (found !== undefined) return found;
    if (codeOf(error) === NOT_CLUSTERED && replicas === undefined) return await make(jsm, wanted, 1);
    if (codeOf(error) !== NO_PEERS && codeOf(error) !== NOT_CLUSTERED) throw error;
    throw new TelltaleError(
      'STREAM_AWAY',
      `The stream ${wanted.name} needs ${copies} servers with JetStream, each to keep a copy, but the cluster has fewer that are up. Start the others, or say --stream-replicas 1.`,
      { cause: error },
    );
  }
}

/** Takes a message out of a stream, which another one may have done meanwhile. */
export async function removeMessage(jsm: JetStreamManager, stream: string, seq: number): Promise<void> {
  try {
    await jsm.streams.deleteMessage(stream, seq);
  } catch (error) {
    if ((await jsm.streams.getMessage(stream, { seq })) !== null) throw error;
  }
}

const CLUSTER_REPLICAS = 3;
const STREAM_NOT_FOUND = 10_059;
const NAME_IN_USE = 10_058;
const NOT_CLUSTERED = 10_074;
const NO_PEERS = 10_005;

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** What of it would lose, double or disorder hits. */
function differences(found: StreamConfig, wanted: Config): readonly string[] {
  const exact = ['retention', 'storage', 'discard', 'max_age', 'max_msgs_per_subject', 'num_replicas'] as const;
  const wrong = exact
    .filter((name) => wanted[name] !== undefined && found[name] !== wanted[name])
    .map((name) => `${name} is ${found[name]}, but must be ${wanted[name]}`);
  const subjects = found.subjects ?? [];
  const isOurs =
    wanted.name === PARKED_NAME
      ? subjects.join() === PARKED_SUBJECT
      : subjects.length > 0 && subjects.every((subject, at) => subject === subjectOf(at));
  if (!isOurs) wrong.push(`subjects are ${subjects.join(' ')}, but must be ${wanted.subjects?.join(' ')}`);
  if (found.no_ack === true) wrong.push('no_ack is true, but must be false');
  if (found.sealed === true) wrong.push('sealed is true, but must be false');
  return wrong;
}
