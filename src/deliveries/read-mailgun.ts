// Mailgun: HMAC-SHA-256 of a time and a token, which says nothing of the event itself; so each token counts once
// (https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { hookClockMs, hookOldMs } from '../base/limits.ts';
import { forged, MALFORMED, type Provider, readJson, SECONDS, type ToldEvent, tieIn, told } from './provider.ts';

const BODY = z.object({
  signature: z.object({
    timestamp: z.string().regex(/^\d{1,12}$/),
    token: z.string().min(1).max(200),
    signature: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  'event-data': z.object({
    event: z.string(),
    timestamp: SECONDS,
    severity: z.string().optional().catch(undefined),
    reason: z.string().optional().catch(undefined),
    'user-variables': z.unknown().optional(),
  }),
});

type Event = z.infer<typeof BODY>['event-data'];

/** Makes the reader; `signingKey` is the account's webhook signing key. */
export function mailgunHook(signingKey: string): Provider {
  return ({ body, nowMs }) => {
    const read = readJson(body.toString(), BODY);
    if (read === undefined) return MALFORMED;
    const { signature, 'event-data': event } = read;
    const expected = createHmac('sha256', signingKey)
      .update(signature.timestamp + signature.token)
      .digest();
    if (!timingSafeEqual(expected, Buffer.from(signature.signature, 'hex'))) {
      return forged('the signature is not by this signing key');
    }
    const ageMs = nowMs - Number(signature.timestamp) * 1_000;
    if (ageMs > hookOldMs || ageMs < -hookClockMs) return { kind: 'old' };
    return told([toEvent(`mailgun ${signature.token}`, event)]);
  };
}

function toEvent(id: string, event: Event): ToldEvent | undefined {
  const found = eventOf(event);
  return found && { id, ...found, atMs: event.timestamp, tie: tieIn(event['user-variables']) };
}

function eventOf({ event, severity, reason = '' }: Event): Pick<ToldEvent, 'event' | 'isHard'> | undefined {
  if (event === 'delivered') return { event, isHard: false };
  if (event === 'complained') return { event, isHard: false };
  // What Mailgun itself did not even try says nothing new of the address.
  if (event !== 'failed' || reason.startsWith('suppress-')) return undefined;
  if (severity === 'temporary') return { event: 'deferred', isHard: false };
  // `old`: it gave up after many tries.
  return { event: 'bounced', isHard: reason !== 'old' };
}
