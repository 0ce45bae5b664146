// Has the store keep mails as they were sent, once each, beside the sending and never in its way: copies are made, packed
// and stored in later turns.
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type KeptMail, packMail } from '../base/kept-mail.ts';
import { keptMailBytesMax, keptMailsRemembered, mailQueueMax } from '../base/limits.ts';

/** What keeping mails needs of a store. */
export interface MailStore {
  /**
   * Keeps a mail of a message; false when it is kept already, or the message has as many as are kept of one.
   *
   * @param mail.hash SHA-256 of what is packed.
   */
  recordMail(message: string, mail: PackedMail): Promise<boolean>;
}

export interface PackedMail {
  readonly hash: Uint8Array;
  /** Bytes of the HTML. */
  readonly bytes: number;
  readonly packed: Uint8Array;
  readonly atMs: number;
}

export interface MailQueue {
  /** Has a mail kept; `copy` makes what is kept. Returns false when too many wait. */
  push(message: string, copy: () => KeptMail): boolean;
  /** Waits until everything pushed so far is kept, or has failed. */
  drain(): Promise<void>;
}

/** Whether a store keeps mails. */
export function keepsMails(store: object | undefined): store is MailStore {
  return store !== undefined && 'recordMail' in store && typeof store.recordMail === 'function';
}

/** Makes a queue before `store`; what cannot be kept is told to `onProblem`. */
export function createMailQueue(store: MailStore, onProblem: (error: unknown) => void): MailQueue {
  const waiting: { readonly message: string; readonly copy: () => KeptMail }[] = [];
  const kept = new Set<string>();
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await nextTurn();
      try {
        await keep(next.message, next.copy());
      } catch (error) {
        onProblem(error);
      }
    }
    working = undefined;
  }

  async function keep(message: string, mail: KeptMail): Promise<void> {
    const bytes = Buffer.byteLength(mail.html);
    if (bytes === 0 || bytes > keptMailBytesMax) return;
    const hash = createHash('sha256').update(JSON.stringify(mail)).digest();
    const name = `${hash.toString('base64')} ${message}`;
    if (kept.has(name)) return;
    await store.recordMail(message, { hash, bytes, packed: await packMail(mail), atMs: Date.now() });
    kept.add(name);
    if (kept.size > keptMailsRemembered) kept.delete(kept.values().next().value ?? '');
  }

  return {
    push(message, copy) {
      if (waiting.length >= mailQueueMax) return false;
      waiting.push({ message, copy });
      working ??= work();
      return true;
    },
    async drain() {
      while (working !== undefined) await working;
    },
  };
}
