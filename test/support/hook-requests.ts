// Requests as providers send them to a hook: bodies of their documentation, signed by keys of the test's own.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { signWebhook, webhookKey } from '../../src/deliveries/standard-webhooks.ts';
import { makeCertificate } from './certificate.ts';

export interface ToldRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SECRET = 'secret_of_the_path_1';
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:mail';
const SIGNING_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The settings of all hooks. */
export const HOOK_SETTINGS = {
  ses: { secret: SECRET, topics: [TOPIC] },
  postmark: { secret: SECRET, user: 'hook', password: 'pass:word' },
  sendgrid: { secret: SECRET, publicKey: ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64') },
  mailgun: { secret: SECRET, signingKey: 'key-of-mailgun' },
  resend: { secret: SECRET, signingSecret: SIGNING_SECRET },
};

export type ProviderName = keyof typeof HOOK_SETTINGS;

export const CERTIFICATE_URL = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem';
export const CONFIRM_URL = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=x&Token=y';
export const CERTIFICATE: string = makeCertificate(rsa);

interface SnsOf {
  readonly message?: object | string;
  readonly type?: 'Notification' | 'SubscriptionConfirmation';
  readonly version?: '1' | '2';
  readonly nowMs: number;
  readonly topic?: string;
  readonly url?: string;
  readonly subscribeUrl?: string;
  readonly isForged?: boolean;
  readonly id?: string;
}

/** A message of SNS. */
export function snsRequest(of: SnsOf): ToldRequest {
  const { message = '', type = 'Notification', version = '2', topic = TOPIC, url = CERTIFICATE_URL, nowMs } = of;
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  const time = new Date(nowMs).toISOString();
  const confirms = { Token: 'token', SubscribeURL: of.subscribeUrl ?? CONFIRM_URL };
  const subject = type === 'Notification' && version === '1' ? { Subject: 'Amazon SES Email Event' } : {};
  const fields: Record<string, string> = {
    ...{
      Type: type,
      MessageId: of.id ?? `sns-${text.length}-${type}`,
      TopicArn: topic,
      Message: text,
      Timestamp: time,
    },
    ...(type === 'Notification' ? subject : confirms),
  };
  // In the order of the names, as the documentation has it.
  const signed = Object.keys(fields)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `${name}\n${fields[name]}\n`)
    .join('');
  const key = of.isForged === true ? otherRsa.privateKey : rsa.privateKey;
  const signature = sign(version === '1' ? 'RSA-SHA1' : 'RSA-SHA256', Buffer.from(signed), key).toString('base64');
  const body = { ...fields, SignatureVersion: version, Signature: signature, SigningCertURL: url };
  return { headers: { 'content-type': 'text/plain', 'x-amz-sns-message-type': type }, body: JSON.stringify(body) };
}

/** Events of SendGrid. */
export function sendgridRequest(events: unknown, nowMs: number, key = ec.privateKey): ToldRequest {
  const body = JSON.stringify(events);
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = sign('sha256', Buffer.from(timestamp + body), key).toString('base64');
  return {
    headers: {
      'x-twilio-email-event-webhook-timestamp': timestamp,
      'x-twilio-email-event-webhook-signature': signature,
    },
    body,
  };
}

/** An event of Mailgun. */
export function mailgunRequest(event: object, nowMs: number, token: string, key = 'key-of-mailgun'): ToldRequest {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = createHmac('sha256', key)
    .update(timestamp + token)
    .digest('hex');
  return { headers: {}, body: JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': event }) };
}

/** An event of Resend. */
export function resendRequest(event: object, nowMs: number, id: string, secret = SIGNING_SECRET): ToldRequest {
  const body = JSON.stringify(event);
  const timestamp = Math.floor(nowMs / 1_000);
  const signature = signWebhook(webhookKey(secret) ?? Buffer.alloc(0), { id, timestamp, body });
  const headers = { 'svix-id': id, 'svix-timestamp': String(timestamp), 'svix-signature': `v1,bm9uZQ== ${signature}` };
  return { headers, body };
}

/** An event of Postmark. */
export function postmarkRequest(event: object, login = 'hook:pass:word'): ToldRequest {
  return {
    headers: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
    body: JSON.stringify(event),
  };
}
