// Finds the mail that an event is about. An event is the provider's word; which mail it means, the sender has said when
// sending: sealed in U, or plainly.
import { idProblem } from '../base/ids.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { openUnsubscribeToken } from '../token/unsubscribe-token.ts';
import type { Delivery } from './delivery.ts';
import type { ToldEvent } from './provider.ts';

/** The event of a recipient's mail; nothing when it cannot be tied to one. */
export function tieEvent(keys: KeyRing, { id, event, atMs, isHard, tie }: ToldEvent): Delivery | undefined {
  const addressee = tie.token === undefined ? tie : addresseeOf(keys, tie.token);
  const { message, recipient } = addressee ?? {};
  if (typeof message !== 'string' || typeof recipient !== 'string') return undefined;
  if (idProblem(message) !== undefined || idProblem(recipient) !== undefined) return undefined;
  return { id, message, recipient, event, atMs, isTimed: true, isHard };
}

function addresseeOf(keys: KeyRing, token: string) {
  const opened = openUnsubscribeToken(keys, token);
  return opened.ok ? opened.token : undefined;
}
