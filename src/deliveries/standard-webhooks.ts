// Standard Webhooks (https://www.standardwebhooks.com): a message with its id and its time is signed by HMAC-SHA-256. Both
// ways: what others tell us, and what we tell others.
import { timingSafeEqual } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { hookClockMs } from '../base/limits.ts';

/** A message as it is signed. */
export interface SignedMessage {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string | Buffer;
}

/** The key in a secret, `whsec_` and base64 of 24 to 64 bytes; nothing for another text. */
export function webhookKey(secret: string): Buffer | undefined {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(text, 'base64');
  return key.length >= 24 && key.length <= 64 ? key : undefined;
}

/** The signature, `v1,` and base64. */
export function signWebhook(key: Buffer, { id, timestamp, body }: SignedMessage): string {
  return new Webhook(key.toString('base64')).sign(id, new Date(timestamp * 1_000), body);
}

/** Whether one of the signatures, a blank between two, is ours; and the message neither old nor of the future. */
export function verifyWebhook(
  key: Buffer,
  signatures: string,
  message: { readonly id: string; readonly timestamp: string; readonly body: Buffer; readonly nowMs: number },
): 'valid' | 'forged' | 'old' {
  const timestamp = /^\d{1,12}$/.test(message.timestamp) ? Number(message.timestamp) : Number.NaN;
  if (message.id === '' || Number.isNaN(timestamp)) return 'forged';
  const expected = Buffer.from(signWebhook(key, { ...message, timestamp }));
  const isOurs = signatures.split(' ').some((one) => {
    const given = Buffer.from(one);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isOurs) return 'forged';
  return Math.abs(message.nowMs - timestamp * 1_000) > hookClockMs ? 'old' : 'valid';
}
