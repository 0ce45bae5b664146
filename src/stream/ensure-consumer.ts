// The consumer of a partition, made by the first settler that comes. One that exists with other settings is named.
import type { Consumer, ConsumerConfig } from '@nats-io/jetstream';
import { TelltaleError } from '../base/errors.ts';
import type { OpenStream } from './open-stream.ts';
import { STREAM_NAME, subjectOf } from './stream-config.ts';

/**
 * Finds it, or makes it.
 *
 * @throws TelltaleError `STREAM_MISMATCH`.
 */
export async function ensureConsumer({ js, jsm }: OpenStream, partition: number, ackWaitMs: number): Promise<Consumer> {
  const name = `settle-${partition}`;
  const wanted = {
    filter_subject: subjectOf(partition),
    ack_policy: 'explicit',
    deliver_policy: 'all',
    // One at a time keeps the order, and for ever: what comes again is told from what must be parked by us.
    max_ack_pending: 1,
    max_deliver: -1,
  } as const satisfies Partial<ConsumerConfig>;
  const found = await jsm.consumers.info(STREAM_NAME, name).catch(async (error: unknown) => {
    if (!isMissing(error)) throw error;
    return await jsm.consumers.add(STREAM_NAME, { ...wanted, durable_name: name, ack_wait: ackWaitMs * 1_000_000 });
  });
  const names = Object.keys(wanted) as (keyof typeof wanted)[];
  const wrong = names
    .filter((key) => found.config[key] !== wanted[key])
    .map((key) => `${key} is ${found.config[key]}, but must be ${wanted[key]}`);
  if (wrong.length === 0) return await js.consumers.get(STREAM_NAME, name);
  throw new TelltaleError(
    'STREAM_MISMATCH',
    `The consumer ${name} of the stream ${STREAM_NAME} exists with other settings than Telltale needs: ${wrong.join('; ')}. Remove it (nats consumer rm ${STREAM_NAME} ${name}); it is made anew, and no hit is lost.`,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 10_014;
}
