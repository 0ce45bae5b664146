// Postmark signs nothing: whoever knows the path and the name and password of basic authentication is Postmark
// (https://postmarkapp.com/developer/webhooks/webhooks-overview).
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { forged, MALFORMED, type Provider, readJson, TIME, type ToldEvent, tieIn, told } from './provider.ts';

const BODY = z.object({
  RecordType: z.string(),
  MessageID: z.string().max(100),
  ID: z.union([z.number(), z.string().max(100)]).optional(),
  Recipient: z.string().optional().catch(undefined),
  Type: z.string().optional().catch(undefined),
  DeliveredAt: TIME.optional().catch(undefined),
  BouncedAt: TIME.optional().catch(undefined),
  Metadata: z.unknown().optional(),
});

type Body = z.infer<typeof BODY>;

/** Makes the reader. */
export function postmarkHook({ user, password }: { readonly user: string; readonly password: string }): Provider {
  const expected = hashOf(`Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);
  return ({ header, body, nowMs }) => {
    const given = header('authorization').replace(/^basic +/i, 'Basic ');
    if (!timingSafeEqual(hashOf(given), expected)) return forged('the name or the password is another');
    const read = readJson(body.toString(), BODY);
    return read === undefined ? MALFORMED : told([toEvent(read, nowMs)]);
  };
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function toEvent(body: Body, nowMs: number): ToldEvent | undefined {
  const { RecordType: record, MessageID: mail, ID: id, Recipient: recipient, Metadata: metadata } = body;
  const found = eventOf(body);
  const name = `postmark ${record} ${id ?? ''} ${mail} ${recipient ?? ''}`;
  const atMs = body.DeliveredAt ?? body.BouncedAt ?? nowMs;
  return found && { id: name, ...found, atMs, tie: tieIn(metadata) };
}

function eventOf({ RecordType: record, Type: type = '' }: Body): Pick<ToldEvent, 'event' | 'isHard'> | undefined {
  if (record === 'Delivery') return { event: 'delivered', isHard: false };
  if (record === 'SpamComplaint') return { event: 'complained', isHard: false };
  if (record !== 'Bounce') return undefined;
  if (type === 'SpamComplaint') return { event: 'complained', isHard: false };
  if (type === 'Transient' || type === 'DnsError') return { event: 'deferred', isHard: false };
  return NO_BOUNCES.has(type) ? undefined : { event: 'bounced', isHard: HARD.has(type) };
}

/** An address that takes no mail (https://postmarkapp.com/developer/api/bounce-api#bounce-types). */
const HARD: ReadonlySet<string> = new Set(['HardBounce', 'BadEmailAddress']);

/** What Postmark calls a bounce, and is none. */
const NO_BOUNCES: ReadonlySet<string> = new Set([
  ...['Unsubscribe', 'Subscribe', 'AutoResponder', 'AddressChange', 'OpenRelayTest', 'ChallengeVerification'],
  ...['ManuallyDeactivated', 'Unconfirmed', 'SMTPApiError', 'InboundError', 'TemplateRenderingFailed'],
]);
