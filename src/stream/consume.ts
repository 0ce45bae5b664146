// Settles what is in the stream, beside any number of other processes: each partition has one consumer, from which whoever
// is free takes the next message, and no second one until that is acknowledged. A message is acknowledged once it is in the
// store; while the store is away it is held, so that the order stays.
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, JsMsg } from '@nats-io/jetstream';
import { messageOf } from '../base/errors.ts';
import { settleLookMs, settlerBelievedMs, settleStopMs, streamAckWaitMs, streamPullMs } from '../base/limits.ts';
import { earliestOf, preparePeers, tellEnd } from '../settle/forget-peers.ts';
import type { SettlingOptions } from '../settle/settle-entries.ts';
import type { SettleStore } from '../settle/settler.ts';
import { prepareDropping } from './drop-settled.ts';
import { ensureConsumer } from './ensure-consumer.ts';
import { readLetter } from './letter.ts';
import type { OpenStream, StreamLink } from './open-stream.ts';
import { type ErasureSource, park, prepareParkedErasing } from './parked.ts';
import { type Delivered, prepareLetterSettling } from './settle-letter.ts';
import { STREAM_NAME } from './stream-config.ts';
import type { SettlingFigures } from './stream-status.ts';

export interface ConsumeOptions extends SettlingOptions {
  readonly store: SettleStore;
  readonly link: Pick<StreamLink, 'open' | 'failed'>;
  /** Where it is told who was erased; what is parked of them goes. @default nowhere */
  readonly erasures?: ErasureSource | undefined;
  /** Told once of what stops a partition, and of what was parked. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two tries. @default 1000 */
  readonly lookMs?: number | undefined;
  /** Milliseconds after which a message goes to another settler. @default 15000 */
  readonly ackWaitMs?: number | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

export interface Consuming {
  figures(): SettlingFigures;
  /** Ends with the messages in hand, and gives those back that are held. Close the link behind it. */
  stop(withinMs?: number): Promise<void>;
}

/** Starts settling. */
export function startConsuming(options: ConsumeOptions): Consuming {
  const {
    link,
    store,
    erasures,
    onProblem,
    lookMs = settleLookMs,
    ackWaitMs = streamAckWaitMs,
    now = Date.now,
  } = options;
  const stopping = new AbortController();
  // Each partition may pause.
  setMaxListeners(0, stopping.signal);
  const { tell, failures } = prepareTelling(onProblem);
  let settled = 0;
  let refused = 0;
  let committedAtMs: number | null = null;
  const counted: SettleStore = {
    ...store,
    async settle(batch) {
      await store.settle(batch);
      settled += batch.hits.length + (batch.conversions?.length ?? 0);
      committedAtMs = now();
    },
  };
  const keepAside = async (parked: Parameters<typeof park>[1]) => {
    await park(await link.open(), parked);
    refused += 1;
  };
  const settle = prepareLetterSettling({ ...options, store: counted, park: keepAside, now });
  const name = `settler/${randomUUID()}`;
  const forgetPeers = preparePeers({
    ...{ store, now, journals: () => [name], believedMs: settlerBelievedMs },
    earliestMs: async () => await earliestWaiting(await link.open()),
  });
  const eraseParked = erasures && prepareParkedErasing(erasures, now);
  const dropSettled = prepareDropping(store, now);
  /** The earliest hit in hand of each partition: unknown at first, none when there was no message. */
  const earliest = new Map<number, number>();
  const busy = new Set<Promise<unknown>>();
  let started = 0;

  /** One loop for each partition there is. */
  function grow(partitions: number): void {
    for (; started < partitions; started += 1) {
      earliest.set(started, Number.NEGATIVE_INFINITY);
      void run(started);
    }
  }

  async function run(partition: number): Promise<void> {
    let consumer: Consumer | undefined;
    let of: OpenStream | undefined;
    while (!stopping.signal.aborted) {
      try {
        const stream = await link.open();
        if (partition === 0) grow(stream.partitions);
        if (of !== stream) consumer = await ensureConsumer(stream, partition, ackWaitMs);
        of = stream;
        const message = await consumer?.next({ expires: streamPullMs });
        if (message) await hold(handle(message, partition));
        else earliest.set(partition, Number.POSITIVE_INFINITY);
        if (stopping.signal.aborted) return;
        tell(partition, partition === 0 ? await hold(keepClean()) : undefined);
      } catch (error) {
        if (stopping.signal.aborted) return;
        tell(partition, link.failed(error));
        await pause();
      }
    }
  }

  /** What stopping waits for. */
  function hold<T>(work: Promise<T>): Promise<T> {
    busy.add(work);
    return work.finally(() => busy.delete(work));
  }

  /** Settles a message, however long that takes, and acknowledges it; when we stop before that, another gets it. */
  async function handle(message: JsMsg, partition: number): Promise<void> {
    const beating = setInterval(() => message.working(), ackWaitMs / 3);
    try {
      const delivered = read(message);
      if (delivered.letter.kind === 'letter') earliest.set(partition, earliestOf(delivered.letter.entries));
      while (!(await isSettled(delivered, partition))) {
        if (stopping.signal.aborted) return message.nak();
        await pause();
      }
      await message.ackAck();
    } finally {
      clearInterval(beating);
    }
  }

  async function isSettled(delivered: Delivered, partition: number): Promise<boolean> {
    if (stopping.signal.aborted) return false;
    try {
      await settle(delivered);
      return true;
    } catch (error) {
      tell(partition, error);
      return false;
    }
  }

  /** Returns what was wrong, which stops nothing. */
  async function keepClean(): Promise<unknown> {
    try {
      const stream = await link.open();
      await eraseParked?.(stream);
      await dropSettled(stream);
      return await forgetPeers();
    } catch (error) {
      return error;
    }
  }

  /** What waits in the stream came before what nobody has settled yet. */
  async function earliestWaiting({ jsm }: OpenStream): Promise<number> {
    const { messages, first_ts } = (await jsm.streams.info(STREAM_NAME)).state;
    return Math.min(...earliest.values(), messages === 0 ? Number.POSITIVE_INFINITY : Date.parse(first_ts));
  }

  const pause = () => sleep(lookMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  grow(1);
  return {
    figures: () => ({ settled, refused, ...failures(), committedAtMs }),
    async stop(withinMs = settleStopMs) {
      stopping.abort();
      const limit = new AbortController();
      const timeout = sleep(withinMs, undefined, { signal: limit.signal }).catch(() => undefined);
      const ended = Promise.allSettled([...busy]).then(() => tellEnd(store, name, now()).catch(() => undefined));
      await Promise.race([ended, timeout]);
      limit.abort();
    },
  };
}

function read(message: JsMsg): Delivered {
  const body = message.string();
  const letter = readLetter((name) => message.headers?.get(name) ?? '', body);
  return { letter, body, streamSeq: message.seq, deliveries: message.info.deliveryCount };
}

/** Tells what is wrong with a partition once, and once for all that have the same to tell. */
function prepareTelling(onProblem: (error: unknown) => void) {
  const told = new Map<number, string>();
  let failed = 0;
  return {
    failures: () => ({ failed, isFailing: told.size > 0 }),
    tell(partition: number, error: unknown): void {
      const message = error === undefined ? undefined : messageOf(error);
      const isKnown = message === undefined || [...told.values()].includes(message);
      if (message === undefined) told.delete(partition);
      else told.set(partition, message);
      if (message !== undefined) failed += 1;
      if (!isKnown) onProblem(error);
    },
  };
}
