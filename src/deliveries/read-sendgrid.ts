// SendGrid: many events at once, signed by ECDSA over the time and the body as it came
// (https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features).
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { hookClockMs, hookEventsMax, hookOldMs } from '../base/limits.ts';
import { forged, MALFORMED, type Provider, readJson, SECONDS, type ToldEvent, tieIn, told } from './provider.ts';

const EVENT = z.looseObject({
  event: z.string(),
  sg_event_id: z.string().min(1).max(200),
  timestamp: SECONDS,
  type: z.string().optional().catch(undefined),
  status: z.string().optional().catch(undefined),
});

type Event = z.infer<typeof EVENT>;

/** The verification key as SendGrid shows it, base64 of DER; nothing for another text. */
export function sendgridKey(text: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the reader. */
export function sendgridHook(key: KeyObject): Provider {
  return ({ header, body, nowMs }) => {
    const timestamp = header('x-twilio-email-event-webhook-timestamp');
    const signature = Buffer.from(header('x-twilio-email-event-webhook-signature'), 'base64');
    const isTheirs = verify('sha256', Buffer.concat([Buffer.from(timestamp), body]), key, signature);
    if (!isTheirs || !/^\d{1,12}$/.test(timestamp)) return forged('the signature is not by this public key');
    const ageMs = nowMs - Number(timestamp) * 1_000;
    if (ageMs > hookOldMs || ageMs < -hookClockMs) return { kind: 'old' };
    const events = readJson(body.toString(), z.array(z.unknown()).max(hookEventsMax));
    return events === undefined ? MALFORMED : told(events.map(toEvent));
  };
}

function toEvent(value: unknown): ToldEvent | undefined {
  const read = EVENT.safeParse(value);
  const found = read.success ? eventOf(read.data) : undefined;
  if (!read.success || found === undefined) return undefined;
  // Unique arguments stand among its own.
  return { id: `sendgrid ${read.data.sg_event_id}`, ...found, atMs: read.data.timestamp, tie: tieIn(value) };
}

function eventOf({ event, type, status = '' }: Event): Pick<ToldEvent, 'event' | 'isHard'> | undefined {
  switch (event) {
    case 'delivered':
    case 'deferred':
      return { event, isHard: false };
    case 'bounce':
      // `blocked`: the server refused this mail, not the address.
      return { event: 'bounced', isHard: type !== 'blocked' && !status.startsWith('4') };
    case 'spamreport':
      return { event: 'complained', isHard: false };
    default:
      return undefined;
  }
}
