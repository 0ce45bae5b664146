// The preferences page: a reader leaves, or only stops the tracking. A form says which; GET, HEAD and OPTIONS change
// nothing. What is withdrawn goes into the control state, so that it holds on every collector within seconds.
import { setTimeout as wait } from 'node:timers/promises';
import { stateDeadlineMs, unsubscribeBodyBytesMax } from '../base/limits.ts';
import type { Addressee } from '../base/nouns.ts';
import type { Answer } from './answer.ts';
import type { CollectContext, CollectRequest } from './make-hit.ts';
import { openWayOut } from './open-way-out.ts';
import { pageAnswer } from './page-answer.ts';
import { readBody } from './read-body.ts';
import { leave } from './unsubscribe.ts';

/** What the forms of the page say; no other body is taken. */
const UNSUBSCRIBE = 'preferences=unsubscribe';
const STOP_TRACKING = 'preferences=stop-tracking';

/** Answers a request for `/p/` and a token. */
export async function answerPreferences(
  request: CollectRequest,
  text: string,
  context: CollectContext,
): Promise<Answer> {
  const opened = openWayOut(request, text, context);
  if ('answer' in opened) return opened.answer;
  const { addressee } = opened;
  if (request.method !== 'POST') return pageAnswer(200, 'preferences', await stateOf(addressee, context));
  const body = await readBody(request, unsubscribeBodyBytesMax);
  switch (body?.toString('latin1').trim()) {
    case UNSUBSCRIBE:
      return leave(request, addressee, context);
    case STOP_TRACKING:
      return stopTracking(addressee, context);
    default:
      return pageAnswer(400, 'preferences-not-understood', {});
  }
}

/** What the page shows: how it is now, and what can be asked for. */
async function stateOf({ recipient }: Addressee, { control, consents }: CollectContext) {
  const held = recipient === null ? undefined : control.consentOf(recipient);
  const isErased = recipient !== null && control.isErased(recipient);
  const isStopped = isErased || (held?.opens === 'none' && held.clicks === 'none');
  const asked = recipient === null || isErased ? undefined : consents?.sendability([recipient]);
  // A reader waits for no store: whoever left before may leave again.
  const known = await Promise.race([asked, wait(stateDeadlineMs, undefined, { ref: false })]).catch(() => undefined);
  const canStop = recipient !== null && consents !== undefined && !isStopped;
  return { isStopped, canStop, hasLeft: known?.[0]?.suppressed === 'unsubscribe' };
}

async function stopTracking({ recipient }: Addressee, { consents, now, onProblem }: CollectContext): Promise<Answer> {
  // Mail that names nobody has nothing to withdraw from.
  if (recipient === null || consents === undefined) return pageAnswer(400, 'preferences-not-understood', {});
  const proof = { purpose: 'open and click tracking', source: 'preferences page', atMs: now() };
  try {
    await consents.setConsent(recipient, { opens: 'none', clicks: 'none' }, 'recipient', proof);
    return pageAnswer(200, 'tracking-stopped', {}, { durable: true });
  } catch (error) {
    onProblem(error);
    return pageAnswer(503, 'try-again', {}, { durable: false }, ['Retry-After', '5']);
  }
}
