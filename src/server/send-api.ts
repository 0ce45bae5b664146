// The API of sends: what other systems sent, as a JSON array or as NDJSON.
import type { Context } from 'koa';
import { z } from 'zod';
import { CONSENT_LEVELS } from '../base/nouns.ts';
import type { Send } from '../track/send-queue.ts';
import type { Format } from './api-data.ts';
import { type ApiParts, type ApiRoute, ID, NO_QUERY, route } from './api-route.ts';
import { RECORDED } from './api-schemas.ts';
import { answerRecorded, type Rejected, takeItems } from './read-items.ts';
import { readValue } from './read-value.ts';
import { TOLD_TIME, toldTimeProblem } from './told-time.ts';

/** Letters of any script, digits and hyphens between dots. */
const DOMAIN = /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*$/u;

const SEND = z.strictObject({
  recipient: ID,
  at: TOLD_TIME.optional(),
  domain: z.string().max(253).regex(DOMAIN, 'not a mail domain, like example.com').optional(),
  consent: z.strictObject({ opens: z.enum(CONSENT_LEVELS), clicks: z.enum(CONSENT_LEVELS) }).optional(),
});

/** The routes. */
export function sendRoutes({ store, now }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'post', path: '/messages/:id/sends', scope: 'write' } as const),
      summary: 'Records what was sent, once a recipient',
      query: NO_QUERY,
      formats: ['csv'],
      body: { schema: z.array(SEND), isLines: true },
      answer: RECORDED,
      handle: (ctx, { id, format }) => takeSends(ctx, { id, format, store, nowMs: now() }),
    }),
  ];
}

interface Taken {
  readonly id: string;
  readonly format: Format;
  readonly store: ApiParts['store'];
  readonly nowMs: number;
}

async function takeSends(ctx: Context, { id, format, store, nowMs }: Taken): Promise<void> {
  const items = await takeItems(
    ctx,
    'The body must be a JSON array of sends, or one JSON object a line: { "recipient": "…", "at": "2026-01-01T09:00:00Z" }.',
  );
  if (items === undefined) return;
  const sends: Send[] = [];
  const lineOf = new Map<string, number>();
  const rejected: Rejected[] = [];
  for (const { line, value } of items) {
    const send = readValue(SEND, value);
    const problem = send.success ? toldTimeProblem(send.data.at, nowMs) : send.reason;
    if (send.success && problem === undefined) {
      sends.push(toSend(send.data, nowMs));
      lineOf.set(send.data.recipient, line);
    } else rejected.push({ line, reason: value === undefined ? 'not JSON' : (problem ?? '') });
  }
  const { erased = [], ...recorded } = await store.recordSends(id, sends);
  for (const recipient of erased)
    rejected.push({ line: lineOf.get(recipient) ?? 0, reason: 'this recipient is erased' });
  answerRecorded(ctx, format, { ...recorded, rejected });
}

function toSend({ recipient, at, domain, consent }: z.infer<typeof SEND>, nowMs: number): Send {
  const time = at === undefined ? { atMs: nowMs, isTimed: false } : { atMs: Date.parse(at) };
  return { recipient, ...time, domain: domain?.toLowerCase(), consent };
}
