// The API of webhooks: who is told of events, how that goes, and what was parked told again.
import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { z } from 'zod';
import { NOTICE_TYPES } from '../base/notice.ts';
import { LABELS } from '../base/nouns.ts';
import { FILTER, SECRET } from '../notify/webhook-settings.ts';
import { findTarget, readWebhookUrl, SYSTEM_LOOKUP, type WebhookPolicy } from '../notify/webhook-target.ts';
import { CONFIGURED, type Webhook } from '../store/webhook-rows.ts';
import { setCommonHeaders } from './answer.ts';
import type { Caller } from './api-auth.ts';
import { answerData, answerJson, parseJson, readText } from './api-data.ts';
import { type ApiParts, type ApiRoute, NO_QUERY, route } from './api-route.ts';
import { pageOf } from './api-schemas.ts';
import { answerProblem } from './problem.ts';
import { readValue } from './read-value.ts';

const NEW_WEBHOOK = z
  .strictObject({ url: z.string(), secret: SECRET.optional(), ...FILTER })
  .meta({ id: 'NewWebhook' });

const time = z.iso.datetime().nullable();
const count = z.int().min(0);
const SHOWN = {
  ...{ id: z.string(), url: z.string(), by: z.string(), createdAt: z.iso.datetime() },
  ...{ events: z.array(z.enum(NOTICE_TYPES)).nullable(), labels: z.array(z.enum(LABELS)).nullable() },
  ...{
    waiting: count,
    parked: count,
    dropped: count,
    failingSince: time,
    nextAt: time,
    problem: z.string().nullable(),
  },
};
const WEBHOOK: z.ZodType<WebhookShown> = z.strictObject(SHOWN).meta({ id: 'Webhook' });
const MADE = z.strictObject({ ...SHOWN, secret: z.string() });

/** An endpoint as it is answered. */
interface WebhookShown extends Pick<Webhook, 'id' | 'url' | 'by' | 'waiting' | 'parked' | 'dropped' | 'problem'> {
  readonly events: readonly string[] | null;
  readonly labels: readonly string[] | null;
  readonly createdAt: string;
  readonly failingSince: string | null;
  readonly nextAt: string | null;
}

const NAMED = z.object({ id: z.string('name an endpoint: ?id=wh_…').meta({ description: 'The id of an endpoint.' }) });
const UNKNOWN_WEBHOOK = { 404: 'There is no such endpoint.' } as const;

/** The routes. */
export function webhookRoutes({ store, webhookPolicy = CLOSED }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'get', path: '/webhooks', scope: 'admin' } as const),
      summary: 'Endpoints that are told of events, and how it goes',
      query: NO_QUERY,
      formats: ['csv'],
      answer: pageOf(WEBHOOK),
      async handle(ctx, { format }) {
        const items = (await store.listWebhooks()).map(toShown);
        answerData(ctx, format, { items, next: null }, () => ({
          columns: Object.keys(SHOWN),
          rows: items.map((item) => ({
            ...item,
            events: item.events?.join(' ') ?? null,
            labels: item.labels?.join(' ') ?? null,
          })),
        }));
      },
    }),
    route({
      ...({ method: 'post', path: '/webhooks', scope: 'admin' } as const),
      summary: 'Tells an endpoint of events from now on; its secret is answered this once',
      query: NO_QUERY,
      body: { schema: NEW_WEBHOOK },
      answer: MADE,
      statuses: [201],
      handle: (ctx, { caller }) => takeWebhook(ctx, store, webhookPolicy, caller),
    }),
    route({
      ...({ method: 'delete', path: '/webhooks', scope: 'admin' } as const),
      summary: 'Tells an endpoint no more, and forgets what waited for it',
      query: NAMED,
      answer: undefined,
      statuses: [204],
      problems: { ...UNKNOWN_WEBHOOK, 409: 'The configuration names it.' },
      async handle(ctx, { query }) {
        const known = (await store.listWebhooks()).find(({ id }) => id === query.id);
        if (known?.by === CONFIGURED) {
          return answerProblem(
            ctx,
            409,
            'The configuration names this endpoint. Take it out there, and start serve again.',
          );
        }
        if (!(await store.removeWebhook(query.id))) return answerUnknown(ctx);
        setCommonHeaders(ctx);
        ctx.status = 204;
      },
    }),
    route({
      ...({ method: 'post', path: '/webhooks/replay', scope: 'admin' } as const),
      summary: 'Lets events that were parked be told again',
      query: NAMED.partial(),
      answer: z.strictObject({ replayed: count }),
      problems: UNKNOWN_WEBHOOK,
      async handle(ctx, { query: { id = null } }) {
        if (id !== null && !(await store.listWebhooks()).some((one) => one.id === id)) return answerUnknown(ctx);
        answerJson(ctx, { replayed: await store.replayNotices(id) });
      },
    }),
  ];
}

/** Where webhooks may go unless that is said. */
const CLOSED: WebhookPolicy = { allowPrivate: false, ports: [] };

function answerUnknown(ctx: Context): void {
  answerProblem(ctx, 404, 'There is no such endpoint. See: GET /api/v1/webhooks.');
}

async function takeWebhook(
  ctx: Context,
  store: ApiParts['store'],
  policy: WebhookPolicy,
  caller: Caller,
): Promise<void> {
  const text = await readText(ctx);
  if (text === undefined) return;
  const read = readValue(NEW_WEBHOOK, parseJson(text));
  if (!read.success) {
    const shape = '{ "url": "https://hooks.example.com/telltale", "events": ["click"], "labels": ["human"] }';
    return answerProblem(ctx, 400, `The body must be JSON like ${shape}. ${read.reason}.`);
  }
  const { url: asked, events = null, labels = null, secret = newSecret() } = read.data;
  const url = readWebhookUrl(asked, policy);
  const problem = await targetProblem(url, policy);
  if (problem !== undefined) return answerProblem(ctx, 400, `This endpoint cannot be told of anything: ${problem}.`);
  const made = await store.addWebhook({ url: url.href, secret, events, labels }, caller.by);
  answerJson(ctx, { ...toShown(made), secret }, 201);
}

/** Why nothing would ever be sent there. A name that is not known yet may be later. */
async function targetProblem(url: URL, policy: WebhookPolicy): Promise<string | undefined> {
  try {
    await findTarget(url, policy, SYSTEM_LOOKUP);
    return undefined;
  } catch (error) {
    const isUnknown = error instanceof Error && 'code' in error;
    return isUnknown || !(error instanceof Error) ? undefined : error.message;
  }
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

function toShown({ createdAtMs, failingSinceMs, nextAtMs, ...webhook }: Webhook): WebhookShown {
  const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());
  return {
    ...webhook,
    createdAt: new Date(createdAtMs).toISOString(),
    failingSince: iso(failingSinceMs),
    nextAt: iso(nextAtMs),
  };
}
