// Which providers may tell of deliveries, as the configuration says it: each with the secret of its path and what its own
// scheme needs. A provider that is not named has no hook.
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { TelltaleError } from '../base/errors.ts';
import type { Provider } from './provider.ts';
import { mailgunHook } from './read-mailgun.ts';
import { postmarkHook } from './read-postmark.ts';
import { resendHook } from './read-resend.ts';
import { sendgridHook, sendgridKey } from './read-sendgrid.ts';
import { sesHook } from './read-ses.ts';
import { webhookKey } from './standard-webhooks.ts';
import type { FetchSns } from './verify-sns.ts';

const SECRET = z
  .string('must be a text: what stands last in the path')
  .regex(
    /^[A-Za-z0-9_-]{16,128}$/,
    'must have 16 to 128 letters, digits, - and _; make one with: openssl rand -hex 24',
  );
const TEXT = z.string('must be a text').min(1, 'must not be empty').max(1_000);
const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;

const HOOKS = z.strictObject({
  ses: z
    .strictObject({
      secret: SECRET,
      topics: z
        .array(z.string().regex(TOPIC, 'must be the ARN of a topic, like arn:aws:sns:eu-west-1:123456789012:mail'))
        .min(1, 'must name a topic'),
    })
    .optional(),
  postmark: z.strictObject({ secret: SECRET, user: TEXT, password: TEXT }).optional(),
  sendgrid: z
    .strictObject({
      secret: SECRET,
      publicKey: TEXT.refine(
        (text) => sendgridKey(text) !== undefined,
        'must be the verification key that SendGrid shows',
      ),
    })
    .optional(),
  mailgun: z.strictObject({ secret: SECRET, signingKey: TEXT }).optional(),
  resend: z
    .strictObject({
      secret: SECRET,
      signingSecret: TEXT.refine((text) => webhookKey(text) !== undefined, 'must be whsec_… as Resend shows it'),
    })
    .optional(),
});

/** The secret of each provider's path, and what its scheme needs. */
export interface HookSettings {
  readonly ses?: { readonly secret: string; readonly topics: readonly string[] } | undefined;
  readonly postmark?: { readonly secret: string; readonly user: string; readonly password: string } | undefined;
  readonly sendgrid?: { readonly secret: string; readonly publicKey: string } | undefined;
  readonly mailgun?: { readonly secret: string; readonly signingKey: string } | undefined;
  readonly resend?: { readonly secret: string; readonly signingSecret: string } | undefined;
}

/**
 * Reads the settings, as JSON or as a value; `from` says where they stand.
 *
 * @throws TelltaleError `INVALID_CONFIG`.
 */
export function readHooks(value: unknown, from: string): HookSettings {
  const read = HOOKS.safeParse(typeof value === 'string' ? parse(value) : value);
  if (read.success) return read.data;
  const { path = [], message = '' } = read.error.issues[0] ?? {};
  throw new TelltaleError(
    'INVALID_CONFIG',
    `${from} names the providers that tell of deliveries (ses, postmark, sendgrid, mailgun, resend), but ${[...path].join('.') || 'it'}: ${message}. See docs/deliveries.md.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Hooks {
  /** The reader behind a path; nothing where the provider is not named, or the secret is another. */
  find(provider: string, secret: string): Provider | undefined;
}

/** Makes the readers. */
export function makeHooks(settings: HookSettings, fetchSns: FetchSns): Hooks {
  const { ses, postmark, sendgrid, mailgun, resend } = settings;
  const hooks = new Map<string, { readonly secret: Buffer; readonly read: Provider }>();
  const add = (name: string, secret: string, read: Provider) => hooks.set(name, { secret: hashOf(secret), read });
  if (ses !== undefined) add('ses', ses.secret, sesHook(ses.topics, fetchSns));
  if (postmark !== undefined) add('postmark', postmark.secret, postmarkHook(postmark));
  if (sendgrid !== undefined) add('sendgrid', sendgrid.secret, sendgridHook(given(sendgridKey(sendgrid.publicKey))));
  if (mailgun !== undefined) add('mailgun', mailgun.secret, mailgunHook(mailgun.signingKey));
  if (resend !== undefined) add('resend', resend.secret, resendHook(given(webhookKey(resend.signingSecret))));
  return {
    find(provider, secret) {
      const hook = hooks.get(provider);
      return hook !== undefined && timingSafeEqual(hook.secret, hashOf(secret)) ? hook.read : undefined;
    },
  };
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** What reading the settings has made sure of. */
function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the settings of a hook were not read');
  return value;
}
