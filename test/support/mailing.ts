// A mailing in a store: who read it, whose reading can be seen, who clicked, who is hidden behind a prefetch.
import type { Store } from '../../src/store/open-store.ts';
import { CLIENTS, makeHit, makeLink, sentMs } from './hits.ts';
import { settleHits } from './stores.ts';

export interface MailingPlan {
  readonly recipients: number;
  /** The first so many are fetched unread. */
  readonly masked: number;
  /** Of the others, every so manieth opens. */
  readonly opensEvery: number;
  /** Of all, every so manieth clicks; of measurable ones, that is an opener or not. */
  readonly clicksEvery: number;
}

/** Sends the mailing and settles what comes of it. */
export async function playMailing(store: Store, message: string, plan: MailingPlan): Promise<void> {
  const recipients = Array.from({ length: plan.recipients }, (_, at) => `r${at}`);
  await store.recordSends(
    message,
    recipients.map((recipient) => ({ recipient, atMs: sentMs })),
  );
  const hits = recipients.flatMap((recipient, at) => [
    ...(at < plan.masked ? [makeHit({ message, recipient, from: CLIENTS.speculative })] : []),
    ...(at >= plan.masked && at % plan.opensEvery === 0 ? [makeHit({ message, recipient })] : []),
    ...(at % plan.clicksEvery === 0 ? [makeHit({ message, recipient, link: makeLink() })] : []),
  ]);
  await settleHits(store, hits);
}
