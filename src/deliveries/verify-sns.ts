// Messages of Amazon SNS: signed by a certificate that the message names, so that only addresses of SNS itself are asked
// for it (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html). Anybody may have a topic, and
// sign by it: whose it is, is for who reads the message.
import { verify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { snsCertificatesMax } from '../base/limits.ts';

export const SNS_MESSAGE: z.ZodType<SnsMessage> = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().min(1).max(200),
  TopicArn: z.string().max(300),
  Message: z.string(),
  Timestamp: z.string().max(64),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(2_000),
  SigningCertURL: z.string().max(500),
  Subject: z.string().optional(),
  Token: z.string().optional(),
  SubscribeURL: z.string().max(2_000).optional(),
});

export interface SnsMessage {
  readonly Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Message: string;
  readonly Timestamp: string;
  readonly SignatureVersion: '1' | '2';
  readonly Signature: string;
  readonly SigningCertURL: string;
  readonly Subject?: string | undefined;
  readonly Token?: string | undefined;
  readonly SubscribeURL?: string | undefined;
}

/** Gets the text at an address of SNS. */
export type FetchSns = (url: string) => Promise<string>;

/** Checks messages; certificates are fetched once. Rejects when one cannot be had. */
export function prepareSns(fetchSns: FetchSns): (message: SnsMessage) => Promise<boolean> {
  const certificates = new Map<string, Promise<string>>();

  /** The newest few are remembered; one that could not be had is asked for again. */
  function certificateAt(url: string): Promise<string> {
    const known = certificates.get(url);
    if (known !== undefined) return known;
    const [oldest] = certificates.keys();
    if (certificates.size >= snsCertificatesMax && oldest !== undefined) certificates.delete(oldest);
    const fetching = fetchSns(url);
    certificates.set(url, fetching);
    fetching.catch(() => certificates.delete(url));
    return fetching;
  }

  return async (message) => {
    if (!isSnsAddress(message.SigningCertURL, message.TopicArn, CERTIFICATE_PATH)) return false;
    const pem = await certificateAt(message.SigningCertURL);
    return isSignedBy(pem, message);
  };
}

/** Whether an address is one of SNS itself, in the region of a topic. */
export function isSnsAddress(text: string, topic: string, path: RegExp = /^\/$/): boolean {
  const [, region = ''] = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):/.exec(topic) ?? [];
  if (region === '' || !URL.canParse(text)) return false;
  const { protocol, host, username, password, pathname, hash } = new URL(text);
  const isPlain = protocol === 'https:' && username === '' && password === '' && hash === '';
  return isPlain && host === `sns.${region}.amazonaws.com` && path.test(pathname);
}

const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-zA-Z]+\.pem$/;

function isSignedBy(pem: string, message: SnsMessage): boolean {
  const algorithm = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  try {
    const { publicKey } = new X509Certificate(pem);
    return verify(algorithm, Buffer.from(signedText(message)), publicKey, Buffer.from(message.Signature, 'base64'));
  } catch {
    return false;
  }
}

/** Names and values, a line each, in the order of the names. */
function signedText(message: SnsMessage): string {
  const names =
    message.Type === 'Notification'
      ? (['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const)
      : (['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const);
  return names.map((name) => (message[name] === undefined ? '' : `${name}\n${message[name]}\n`)).join('');
}
