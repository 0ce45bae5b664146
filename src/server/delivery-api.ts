// The API of deliveries: what became of mails, as other systems know it.
import type { Context } from 'koa';
import { z } from 'zod';
import { deliveryIdCharsMax } from '../base/limits.ts';
import { DELIVERY_EVENTS, type Delivery } from '../deliveries/delivery.ts';
import type { Format } from './api-data.ts';
import { type ApiParts, type ApiRoute, ID, NO_QUERY, route } from './api-route.ts';
import { RECORDED } from './api-schemas.ts';
import { answerRecorded, type Rejected, takeItems } from './read-items.ts';
import { readValue } from './read-value.ts';
import { TOLD_TIME, toldTimeProblem } from './told-time.ts';

const DELIVERY = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(deliveryIdCharsMax)
      .optional()
      .meta({ description: 'Your name of this event: the same name counts once.' }),
    message: ID,
    recipient: ID,
    event: z.enum(DELIVERY_EVENTS, `must be one of ${DELIVERY_EVENTS.join(', ')}`),
    at: TOLD_TIME.optional(),
    bounce: z
      .enum(['hard', 'soft'], 'must be hard or soft')
      .optional()
      .meta({ description: 'Of a bounce; hard, the default, lets the recipient get no more mail.' }),
  })
  .refine(({ event, bounce }) => bounce === undefined || event === 'bounced', {
    error: 'only what bounced is hard or soft',
    path: ['bounce'],
  })
  .meta({ id: 'Delivery' });

/** The routes. */
export function deliveryRoutes({ store, now }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'post', path: '/deliveries', scope: 'write' } as const),
      summary: 'Records what became of mails: delivered, bounced, complained of, deferred',
      query: NO_QUERY,
      formats: ['csv'],
      body: { schema: z.union([DELIVERY, z.array(DELIVERY)]), isLines: true },
      answer: RECORDED,
      handle: (ctx, { format }) => takeDeliveries(ctx, { format, store, nowMs: now() }),
    }),
  ];
}

interface Taken {
  readonly format: Format;
  readonly store: ApiParts['store'];
  readonly nowMs: number;
}

async function takeDeliveries(ctx: Context, { format, store, nowMs }: Taken): Promise<void> {
  const items = await takeItems(
    ctx,
    'The body must be JSON of one delivery, an array of them, or one a line: { "id": "…", "message": "…", "recipient": "…", "event": "delivered", "at": "2026-01-01T09:00:00Z" }.',
  );
  if (items === undefined) return;
  const taken: { readonly line: number; readonly delivery: Delivery }[] = [];
  const rejected: Rejected[] = [];
  for (const { line, value } of items) {
    const read = readValue(DELIVERY, value);
    const problem = read.success ? toldTimeProblem(read.data.at, nowMs) : read.reason;
    if (read.success && problem === undefined) taken.push({ line, delivery: toDelivery(read.data, nowMs) });
    else rejected.push({ line, reason: value === undefined ? 'not JSON' : (problem ?? '') });
  }
  const outcomes = await store.recordDeliveries(taken.map(({ delivery }) => delivery));
  const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  for (const [at, { line }] of taken.entries()) {
    if (outcomes[at] === 'erased') rejected.push({ line, reason: 'the recipient is erased' });
  }
  answerRecorded(ctx, format, { accepted: count('accepted'), duplicate: count('duplicate'), rejected });
}

function toDelivery({ id, at, bounce, ...of }: z.infer<typeof DELIVERY>, nowMs: number): Delivery {
  const time = at === undefined ? { atMs: nowMs, isTimed: false } : { atMs: Date.parse(at), isTimed: true };
  return {
    ...of,
    ...time,
    id: id === undefined ? null : `api ${id}`,
    isHard: of.event === 'bounced' && bounce !== 'soft',
  };
}
