// Resend: Standard Webhooks under the names of Svix (https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests).
import { z } from 'zod';
import { forged, type HookRead, MALFORMED, type Provider, readJson, TIME, tieIn, told } from './provider.ts';
import { verifyWebhook } from './standard-webhooks.ts';

/** Makes the reader; `key` is that of the endpoint's signing secret. */
export function resendHook(key: Buffer): Provider {
  return ({ header, body, nowMs }) => {
    const id = header('svix-id') || header('webhook-id');
    const timestamp = header('svix-timestamp') || header('webhook-timestamp');
    const signatures = header('svix-signature') || header('webhook-signature');
    const verdict = verifyWebhook(key, signatures, { id, timestamp, body, nowMs });
    if (verdict === 'forged') return forged('the signature is not by the signing secret of this endpoint');
    return verdict === 'old' ? { kind: 'old' } : read(id, body);
  };
}

const BODY = z.object({
  type: z.string(),
  created_at: TIME,
  data: z.object({
    bounce: z.object({ type: z.string() }).optional().catch(undefined),
    tags: z.unknown().optional(),
  }),
});

function read(id: string, body: Buffer): HookRead {
  const event = readJson(body.toString(), BODY);
  if (event === undefined) return MALFORMED;
  const { type, created_at: atMs, data } = event;
  const name = EVENTS[type];
  if (name === undefined) return told([undefined]);
  const isHard = name === 'bounced' && data.bounce?.type === 'Permanent';
  return told([{ id: `resend ${id}`, event: name, atMs, isHard, tie: tieIn(tagsOf(data.tags)) }]);
}

const EVENTS: Readonly<Record<string, 'delivered' | 'bounced' | 'complained' | 'deferred'>> = {
  'email.delivered': 'delivered',
  'email.bounced': 'bounced',
  'email.complained': 'complained',
  'email.delivery_delayed': 'deferred',
};

/** By name, or a list of names and values. */
function tagsOf(tags: unknown): unknown {
  const list = z.array(z.object({ name: z.string(), value: z.string() })).safeParse(tags);
  return list.success ? Object.fromEntries(list.data.map(({ name, value }) => [name, value])) : tags;
}
