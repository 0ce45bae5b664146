// Tells the store what was sent, beside the sending and never in its way: a bounded queue, written in batches.
import type { ShortDestination } from '../base/control-change.ts';
import { sendBatch, sendQueueMax } from '../base/limits.ts';
import type { Consent } from '../base/nouns.ts';
import type { MailLink } from './compile-mail.ts';

/** One mail handed over to one recipient. */
export interface Send {
  readonly recipient: string;
  readonly atMs: number;
  /** Whether it was sent at that time, to the second; otherwise that was when it was told, and no rule goes by it. @default true */
  readonly isTimed?: boolean | undefined;
  /** The recipient's mail domain, for reports; never the address. */
  readonly domain?: string | undefined;
  readonly consent?: Consent | undefined;
}

/** What the tracker needs of a store. */
export interface SendStore {
  recordSends(message: string, sends: readonly Send[]): Promise<unknown>;
  recordLinks(
    message: string,
    links: readonly Pick<MailLink, 'index' | 'destination' | 'name' | 'merged'>[],
  ): Promise<unknown>;
}

/** What short links need of a store besides. */
export interface ShortLinkStore {
  /**
   * Registers the links of a message that short links name; a set that is registered already changes nothing.
   *
   * @param set the name of these links, made by {@link shortSetOf}.
   * @param by who does it, for the record.
   * @throws TelltaleError `LINKS_NOT_REGISTERED` when other links of the message have that name.
   */
  recordShortLinks(message: string, set: string, links: readonly ShortDestination[], by: string): Promise<void>;
}

export interface SendQueue {
  /** Returns false when the queue is full; the send is then not recorded. */
  push(message: string, send: Send): boolean;
  /** Waits until everything pushed so far is written, or has failed. */
  drain(): Promise<void>;
}

/** Makes a queue before `store`; what cannot be written is told to `onProblem`, once a batch. */
export function createSendQueue(store: SendStore, onProblem: (error: unknown) => void): SendQueue {
  let waiting: { readonly message: string; readonly send: Send }[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const message = waiting[0]?.message ?? '';
      const batch = takeWhile(waiting, (entry) => entry.message === message).slice(0, sendBatch);
      waiting = waiting.slice(batch.length);
      const sends = batch.map((entry) => entry.send);
      try {
        await store.recordSends(message, sends);
      } catch (error) {
        onProblem(error);
      }
    }
    writing = undefined;
  }

  return {
    push(message, send) {
      if (waiting.length >= sendQueueMax) return false;
      waiting.push({ message, send });
      // Written on a later turn, so that mails sent together are recorded together.
      writing ??= Promise.resolve().then(write);
      return true;
    },
    async drain() {
      while (writing !== undefined) await writing;
    },
  };
}

function takeWhile<T>(list: readonly T[], accepts: (item: T) => boolean): readonly T[] {
  const end = list.findIndex((item) => !accepts(item));
  return end < 0 ? list : list.slice(0, end);
}
