// What the configuration says of webhooks: endpoints, and where any may go.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TelltaleError } from '../base/errors.ts';
import { webhooksMax } from '../base/limits.ts';
import { NOTICE_TYPES, type NoticeType } from '../base/notice.ts';
import { LABELS, type Label } from '../base/nouns.ts';
import { webhookKey } from '../deliveries/standard-webhooks.ts';
import type { NewWebhook } from '../store/webhook-rows.ts';
import { readWebhookUrl, type WebhookPolicy } from './webhook-target.ts';

/** What an endpoint is told of. */
export const FILTER: {
  readonly events: z.ZodOptional<z.ZodType<NoticeType[]>>;
  readonly labels: z.ZodOptional<z.ZodType<Label[]>>;
} = {
  events: listOf(NOTICE_TYPES, 'an event', 'Types of events; all by default.'),
  labels: listOf(LABELS, 'a label', 'Labels of opens, clicks and relabels; all by default.'),
};

function listOf<Word extends string>(words: readonly Word[], noun: string, description: string) {
  return z
    .array(z.enum(words, `must be some of ${words.join(', ')}`))
    .min(1, `must name ${noun}; leave it out for all`)
    .optional()
    .meta({ description });
}

export const SECRET: z.ZodString = z
  .string()
  .refine((text) => webhookKey(text) !== undefined, 'must be whsec_ and base64 of 24 to 64 bytes');

const SETTINGS = z.strictObject({
  endpoints: z
    .array(z.strictObject({ url: z.string(), secret: SECRET, ...FILTER }))
    .max(webhooksMax, `must be ${webhooksMax} at most`)
    .default([]),
  allowPrivate: z.boolean('must be true or false').default(false),
  ports: z.array(z.int().min(1).max(65_535)).default([]),
});

export interface WebhookSettings extends WebhookPolicy {
  readonly endpoints: readonly (NewWebhook & { readonly id: string })[];
}

/**
 * Reads the settings, as JSON or as a value; `from` says where they stand.
 *
 * @throws TelltaleError `INVALID_CONFIG`, `INVALID_WEBHOOK`.
 */
export function readWebhookSettings(value: unknown, from: string): WebhookSettings {
  const read = SETTINGS.safeParse(typeof value === 'string' ? parse(value) : value);
  if (!read.success) {
    const { path = [], message = '' } = read.error.issues[0] ?? {};
    throw new TelltaleError(
      'INVALID_CONFIG',
      `${from} says who is told of events, like { "endpoints": [{ "url": "https://…", "secret": "whsec_…" }] }, but ${path.join('.') || 'it'}: ${message}. See docs/webhooks.md.`,
    );
  }
  const { endpoints, ...policy } = read.data;
  const ids = new Set<string>();
  const named = endpoints.map(({ url, secret, events, labels }) => {
    const { href } = readWebhookUrl(url, policy);
    const id = `wh_${createHash('sha256').update(`${CONFIGURED_BY} ${href}`).digest('hex').slice(0, 16)}`;
    if (ids.has(id))
      throw new TelltaleError('INVALID_CONFIG', `${from} names an endpoint twice. Join what it is told of.`);
    ids.add(id);
    return { id, url: href, secret, events: events ?? null, labels: labels ?? null };
  });
  return { ...policy, endpoints: named };
}

/** So that an endpoint of the configuration keeps its name, and none of the API has it. */
const CONFIGURED_BY = 'configuration';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
