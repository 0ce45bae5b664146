// What is to be told, written in the transaction in which it happens: so it is told if and only if it is so. Costs one look
// where nobody is told. An endpoint is given its events in batches; one that was given keeps its name until it was taken.
import { randomUUID } from 'node:crypto';
import { noticeBatchBytesMax, noticesAtOnce, noticesMax, parkAfterMs } from '../base/limits.ts';
import { isWanted, type Notice } from '../base/notice.ts';
import type { Label } from '../base/nouns.ts';
import { filterOf } from './webhook-rows.ts';
import type { Writer } from './writer.ts';

/** An event with what the store knows it by. */
export interface KeyedNotice extends Notice {
  readonly message: number;
  /** Null for what is of nobody. */
  readonly recipient: Buffer | null;
  /** Of opens, clicks and relabels. */
  readonly label: Label | null;
}

/** Within a transaction: whether anybody is told of anything. */
export function isAnybodyTold({ statements }: Writer): boolean {
  return statements.webhooks.hasWebhooks.get() !== undefined;
}

/** Within a transaction: writes what is to be told, for each endpoint that asked for it. The one way into the outbox. */
export function enqueue({ statements: { webhooks } }: Writer, notices: readonly KeyedNotice[], nowMs: number): void {
  if (notices.length === 0) return;
  for (const webhook of webhooks.all.all()) {
    const filter = filterOf(webhook);
    const wanted = notices.filter(({ type, label }) => isWanted(filter, type, label));
    const room = noticesMax - (webhooks.span.get(webhook.key, webhook.key) ?? 0);
    for (const { message, recipient, label: _, ...notice } of wanted.slice(0, Math.max(0, room))) {
      webhooks.enqueue.run(webhook.key, message, recipient, JSON.stringify(notice), nowMs);
    }
    const dropped = Math.max(0, wanted.length - Math.max(0, room));
    if (dropped > 0) webhooks.countDropped.run(dropped, webhook.key);
  }
}

/** Events that are told at once. */
export interface NoticeBatch {
  readonly id: string;
  /** JSON of each. */
  readonly notices: readonly string[];
  /** When the last of them was written. */
  readonly atMs: number;
}

export interface FailedBatch {
  readonly problem: string;
  readonly nowMs: number;
  readonly nextAtMs: number;
}

/** An endpoint that has something to be told. */
export interface DueWebhook {
  readonly key: number;
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  /** Tries since the last that succeeded. */
  readonly attempts: number;
}

export interface OutboxStore {
  /** Endpoints that may be asked now and have something to be told. */
  dueWebhooks(nowMs: number): Promise<readonly DueWebhook[]>;
  /** The next batch of an endpoint: that which was not taken, or the first events that wait; nothing when none do. */
  takeNotices(webhook: number): Promise<NoticeBatch | undefined>;
  /** A batch was taken. */
  endNotices(webhook: number, batch: string): Promise<void>;
  /** A batch was not; all that waited for too long while nothing was taken is parked. Gives how many were. */
  failNotices(webhook: number, failed: FailedBatch): Promise<number>;
  /** Lets what is parked wait again, of an endpoint or of all; gives how many events. */
  replayNotices(id: string | null): Promise<number>;
}

export function makeOutbox(writer: Writer): OutboxStore {
  const { webhooks } = writer.statements;
  return {
    dueWebhooks: (nowMs) =>
      writer.read(() =>
        webhooks.due.all(nowMs).map(({ key, id, url, secret, attempts }) => ({ key, id, url, secret, attempts })),
      ),
    takeNotices: (webhook) => writer.transaction(() => take(writer, webhook), 'none'),
    endNotices: (webhook, batch) =>
      writer.transaction(() => {
        webhooks.endBatch.run(webhook, batch);
        webhooks.noteSuccess.run(webhook);
      }, 'none'),
    failNotices: (webhook, failed) => writer.transaction(() => fail(writer, webhook, failed), 'none'),
    replayNotices: (id) =>
      writer.transaction(() => {
        let replayed = 0;
        for (const { key, id: one } of webhooks.all.all()) {
          if (id !== null && id !== one) continue;
          const { changes } = webhooks.unpark.run(key);
          if (changes > 0) webhooks.noteSuccess.run(key);
          replayed += changes;
        }
        return replayed;
      }, 'none'),
  };
}

function take({ statements: { webhooks } }: Writer, webhook: number): NoticeBatch | undefined {
  const known = webhooks.batchOf.get(webhook);
  if (known !== undefined) return toBatch(known, webhooks.inBatch.all(webhook, known));
  const waiting = webhooks.firstWaiting.all(webhook, noticesAtOnce);
  let bytes = 0;
  const fitting = waiting.filter(({ payload }, at) => {
    bytes += Buffer.byteLength(payload) + 1;
    return at === 0 || bytes <= noticeBatchBytesMax;
  });
  if (fitting.length === 0) return undefined;
  const id = `msg_${randomUUID().replaceAll('-', '')}`;
  for (const { key } of fitting) webhooks.putInBatch.run(id, key);
  return toBatch(id, fitting);
}

function toBatch(
  id: string,
  rows: readonly { readonly payload: string; readonly created_at_ms: number }[],
): NoticeBatch {
  const atMs = rows.reduce((last, row) => Math.max(last, row.created_at_ms), 0);
  return { id, notices: rows.map(({ payload }) => payload), atMs };
}

function fail({ statements: { webhooks } }: Writer, key: number, { problem, nowMs, nextAtMs }: FailedBatch): number {
  const webhook = webhooks.all.all().find((one) => one.key === key);
  if (webhook === undefined) return 0;
  const sinceMs = webhook.failing_since_ms ?? nowMs;
  webhooks.noteFailure.run(webhook.attempts + 1, sinceMs, nextAtMs, problem, key);
  const beforeMs = nowMs - parkAfterMs;
  return sinceMs > beforeMs ? 0 : webhooks.park.run(nowMs, key, beforeMs).changes;
}
