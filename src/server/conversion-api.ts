// The API of conversions: what a shop's server posts. Whoever has a token of the write scope may be believed, so these are
// verified; an order that is posted again is corrected.
import type { Context } from 'koa';
import { z } from 'zod';
import type { Conversion } from '../base/conversion.ts';
import { tokenCharsMax } from '../base/limits.ts';
import { type Money, readMoney } from '../base/money.ts';
import type { ConversionOutcome } from '../store/conversion-rows.ts';
import type { KeyRing } from '../token/key-ring.ts';
import type { Format } from './api-data.ts';
import { type ApiParts, type ApiRoute, ID, NO_QUERY, route } from './api-route.ts';
import { CONVERSIONS_RECORDED } from './api-schemas.ts';
import { readClickId } from './read-click-id.ts';
import { answerRecorded, type Rejected, takeItems } from './read-items.ts';
import { readValue } from './read-value.ts';
import { TOLD_TIME, toldTimeProblem } from './told-time.ts';

const AMOUNT = z.string('must be a decimal number as text, like "49.90"');

const CONVERSION = z
  .strictObject({
    order: ID.meta({ description: 'Your own id of the order: told again, it is corrected, never counted twice.' }),
    click: z.string().max(tokenCharsMax).optional().meta({ description: 'The click id that came with the buyer.' }),
    recipient: ID.optional().meta({
      description: 'Whose it is, where there is no click id: their clicks are looked for.',
    }),
    message: ID.optional().meta({ description: 'Of which message, where there is no click id.' }),
    value: AMOUNT.optional().meta({ description: 'What was paid: a decimal number.' }),
    currency: z.string().optional().meta({ description: 'A code of ISO 4217; with `value` or `refunded`.' }),
    refunded: AMOUNT.optional().meta({
      description: 'Of the value, what was given back until now, in its currency; stays as it is where nobody says.',
    }),
    at: TOLD_TIME.optional().meta({ description: 'When it was; now by default.' }),
  })
  .refine(({ click, recipient, message }) => click === undefined || (recipient ?? message) === undefined, {
    error: 'a click id says whose it is and of which message; leave recipient and message out',
  })
  .refine(({ value, refunded, currency }) => ((value ?? refunded) === undefined) === (currency === undefined), {
    error: 'currency goes with value or refunded',
  });

const BODY = z.union([CONVERSION, z.array(CONVERSION)]);

/** The routes. */
export function conversionRoutes({ store, keys, now }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'post', path: '/conversions', scope: 'write' } as const),
      summary: 'Records conversions, once an order; an order that is told again is corrected',
      query: NO_QUERY,
      formats: ['csv'],
      body: { schema: BODY, isLines: true },
      answer: CONVERSIONS_RECORDED,
      handle: (ctx, { format }) => takeConversions(ctx, { format, store, keys, nowMs: now() }),
    }),
  ];
}

interface Taken {
  readonly format: Format;
  readonly store: ApiParts['store'];
  readonly keys: KeyRing;
  readonly nowMs: number;
}

async function takeConversions(ctx: Context, { format, store, keys, nowMs }: Taken): Promise<void> {
  const items = await takeItems(
    ctx,
    'The body must be a conversion, a JSON array of them, or one a line: { "order": "1001", "click": "…", "value": "49.90", "currency": "EUR" }.',
  );
  if (items === undefined) return;
  const { windowMs } = await store.attributionRules();
  const conversions: { readonly line: number; readonly conversion: Conversion }[] = [];
  const rejected: Rejected[] = [];
  for (const { line, value } of items) {
    const read = readConversion(value, { keys, windowMs, nowMs });
    if (typeof read === 'string') rejected.push({ line, reason: read });
    else conversions.push({ line, conversion: read });
  }
  const outcomes = await store.recordConversions(conversions.map(({ conversion }) => conversion));
  for (const [at, { line }] of conversions.entries()) {
    const reason = REASONS[outcomes[at] ?? 'accepted'];
    if (reason !== undefined) rejected.push({ line, reason });
  }
  const count = (outcome: ConversionOutcome) => outcomes.filter((one) => one === outcome).length;
  const unattributed = count('unattributed');
  answerRecorded(ctx, format, {
    ...{ accepted: count('accepted') + unattributed, duplicate: count('duplicate'), rejected },
    ...(unattributed > 0 && { unattributed }),
  });
}

/** Why a conversion was not taken. */
const REASONS: Readonly<Partial<Record<ConversionOutcome, string>>> = {
  'no-click': 'nothing says whose it is: give click, recipient or message',
  'unknown-order': 'order: nothing was heard of it, so nothing can be given back; post its value with it',
  'unknown-message': 'message: nothing was heard of it',
  unverified: 'value: a pixel told it, and only a post with value and currency verifies it',
  'refunded-too-much': 'refunded: it is more than the value',
  'other-currency': 'currency: it is another than that of the value, so nothing can be given back in it',
  'not-kept': 'nothing may be kept of its recipient or its message any more',
};

function readConversion(
  value: unknown,
  context: { readonly keys: KeyRing; readonly windowMs: number; readonly nowMs: number },
): Conversion | string {
  if (value === undefined) return 'not JSON';
  const read = readValue(CONVERSION, value);
  if (!read.success) return read.reason;
  const { order, click, recipient = null, message = null, at, currency = '' } = read.data;
  const money = moneyOf('value', read.data.value, currency);
  if (typeof money === 'string') return money;
  const refunded = moneyOf('refunded', read.data.refunded, currency);
  if (typeof refunded === 'string') return refunded;
  const atMs = at === undefined ? context.nowMs : Date.parse(at);
  const late = toldTimeProblem(at, context.nowMs);
  if (late !== undefined) return late;
  const told = { order, atMs, proof: 'posted', money, refunded } as const;
  if (click === undefined) return { ...told, test: false, click: null, recipient, message };
  const opened = readClickId(click, context);
  if (!opened.ok) return `click: ${CLICK_PROBLEMS[opened.reason]}`;
  const { link, test } = opened.click;
  const named = { message: opened.click.message, link, atMs: opened.click.atMs };
  return { ...told, test, click: named, recipient: opened.click.recipient, message: null };
}

const CLICK_PROBLEMS = {
  'click-invalid': 'it is no click id of this server',
  'click-expired': 'it is older than the attribution window and a day',
  'revoked-key': 'the key that sealed it is revoked',
} as const;

function moneyOf(name: string, text: string | undefined, currency: string): Money | null | string {
  if (text === undefined) return null;
  const read = readMoney(text, currency);
  return read.ok ? read.money : `${read.problem === 'currency-invalid' ? 'currency' : name}: ${read.message}`;
}
