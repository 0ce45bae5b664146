// Tells endpoints of what is in the outbox, beside everything else that a server does: each endpoint by itself, one request
// at a time, again and again until it takes it. What is slow or dead makes nobody wait but its own events.
import { messageOf } from '../base/errors.ts';
import { noticeLookMs, noticeRetryMs, noticeRetryMsMax } from '../base/limits.ts';
import type { DueWebhook, NoticeBatch, OutboxStore } from '../store/outbox-rows.ts';
import { postWebhook } from './post-webhook.ts';
import { type Lookup, SYSTEM_LOOKUP, type WebhookPolicy } from './webhook-target.ts';

export interface Notifier {
  status(): NotifierStatus;
  /** Looks now, and resolves when nothing can be told any more for the time being. */
  tellNow(): Promise<void>;
  /** Lets go of what is under way, which is told again after the next start. */
  stop(): Promise<void>;
}

export interface NotifierStatus {
  /** Requests since the start that were taken, and those that were not. */
  readonly taken: number;
  readonly failed: number;
}

export interface NotifierOptions {
  readonly store: Pick<OutboxStore, 'dueWebhooks' | 'takeNotices' | 'endNotices' | 'failNotices'>;
  readonly policy: WebhookPolicy;
  /** Told when an endpoint begins to fail, and of what was parked. */
  readonly onProblem: (error: unknown) => void;
  /** Milliseconds between two looks. @default 1000 */
  readonly lookMs?: number | undefined;
  /** Milliseconds in which an endpoint has to answer. @default 5000 */
  readonly timeoutMs?: number | undefined;
  /** Finds addresses of names. @default by the system */
  readonly lookup?: Lookup | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** A number from 0 to 1. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Starts telling. */
export function startNotifier(options: NotifierOptions): Notifier {
  const { store, policy, onProblem, lookMs = noticeLookMs, timeoutMs } = options;
  const { lookup = SYSTEM_LOOKUP, now = Date.now, random = Math.random } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  /** Endpoints that are being told, by their numbers. */
  const running = new Map<number, Promise<void>>();
  let taken = 0;
  let failed = 0;
  let looking: Promise<void> | undefined;
  let storeProblem: string | undefined;

  /** The store may be away for a while; what waits in it waits. */
  function tellOnce(error: unknown): void {
    const problem = messageOf(error);
    if (problem !== storeProblem) onProblem(error);
    storeProblem = problem;
  }

  function look(): Promise<void> {
    looking ??= findDue().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function findDue(): Promise<void> {
    try {
      const due = await store.dueWebhooks(now());
      if (due.length === 0) storeProblem = undefined;
      for (const webhook of due) {
        if (running.has(webhook.key) || signal.aborted) continue;
        const telling = tell(webhook)
          .catch(tellOnce)
          .finally(() => running.delete(webhook.key));
        running.set(webhook.key, telling);
      }
    } catch (error) {
      tellOnce(error);
    }
  }

  /** One batch after another, until there is none or one is not taken. */
  async function tell(webhook: DueWebhook): Promise<void> {
    let { attempts } = webhook;
    while (!signal.aborted) {
      const batch = await store.takeNotices(webhook.key);
      storeProblem = undefined;
      if (batch === undefined) return;
      const { id, url, secret } = { ...webhook, id: batch.id };
      const asked = { id, url, secret, body: bodyOf(batch) };
      const problem = await postWebhook(asked, { policy, lookup, now, timeoutMs, signal });
      // What was let go of is neither.
      if (signal.aborted) return;
      if (problem !== undefined) return await fail(webhook, problem, attempts + 1);
      await store.endNotices(webhook.key, batch.id);
      taken += 1;
      attempts = 0;
    }
  }

  async function fail({ key, id, url }: DueWebhook, problem: string, attempts: number): Promise<void> {
    failed += 1;
    const nowMs = now();
    const waitMs = waitAfter(attempts, random());
    const parked = await store.failNotices(key, { problem, nowMs, nextAtMs: nowMs + waitMs });
    const name = `Webhook ${id} at ${new URL(url).host}`;
    if (attempts === 1) onProblem(new Error(`${name} takes no events: ${problem}. It is tried for a day.`));
    if (parked > 0) {
      onProblem(
        new Error(
          `${name} has taken nothing for a day. Parked events: ${parked}. Mend it, then: telltale webhooks replay ${id}`,
        ),
      );
    }
  }

  const timer = setInterval(() => void look(), lookMs);
  return {
    status: () => ({ taken, failed }),
    async tellNow() {
      await look();
      await Promise.all(running.values());
    },
    async stop() {
      clearInterval(timer);
      stopping.abort(new Error('the server stops'));
      await looking;
      await Promise.all(running.values());
    },
  };
}

/** Milliseconds after so many failures: twice as long each time, and by chance up to half of it less. */
export function waitAfter(attempts: number, random: number): number {
  const fullMs = Math.min(noticeRetryMsMax, noticeRetryMs * 2 ** Math.min(attempts - 1, 30));
  return Math.round(fullMs * (1 - random / 2));
}

/** The same for the same batch, however often it is sent. */
function bodyOf({ notices, atMs }: NoticeBatch): string {
  return `{"type":"events","timestamp":"${new Date(atMs).toISOString()}","data":{"events":[${notices.join(',')}]}}`;
}
