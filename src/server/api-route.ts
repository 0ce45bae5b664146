// A route of the API as one value: what it takes, what it answers, and who may use it. Requests are checked by it and the
// OpenAPI document is made of it, so that neither can say what the other does not.
import type { RouterContext } from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { ATTRIBUTION_MODELS } from '../base/conversion.ts';
import { idProblem } from '../base/ids.ts';
import { idBytesMax, pageRowsDefault, pageRowsMax, urlCharsMax } from '../base/limits.ts';
import type { Scope } from '../base/nouns.ts';
import { checkOptionNames } from '../base/options.ts';
import type { WebhookPolicy } from '../notify/webhook-target.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import type { Caller } from './api-auth.ts';
import { type Format, formatOf, one } from './api-data.ts';
import type { Live } from './live.ts';
import { answerProblem, answerRequestProblem } from './problem.ts';
import { readValue } from './read-value.ts';

/** What the routes work with. */
export interface ApiParts {
  readonly store: Store;
  /** Open click ids. */
  readonly keys: KeyRing;
  readonly live: Live;
  readonly now: () => number;
  /** Where webhooks may go. @default public addresses, at ports 80 and 443 */
  readonly webhookPolicy?: WebhookPolicy | undefined;
}

/** What can be told of a route without running it. */
interface RouteDescription {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** Below /api/v1; `:id` is the percent-encoded id of a message or a recipient. */
  readonly path: string;
  readonly scope: Scope;
  readonly summary: string;
  /** JSON of what is sent, and whether it may be sent one item a line. */
  readonly body?: { readonly schema: z.ZodType; readonly isLines?: boolean };
  /** The JSON that is answered; nothing where there is none. */
  readonly answer: z.ZodType | undefined;
  /** Statuses of that answer. @default 200 */
  readonly statuses?: readonly number[];
  /** Whether server-sent events are answered in place of JSON. @default false */
  readonly isStream?: boolean;
  /** Ways to answer besides JSON. @default none */
  readonly formats?: readonly Exclude<Format, 'json'>[];
  /** Problems of its own. @default none */
  readonly problems?: Readonly<Record<number, string>>;
}

interface RouteOf<Query extends z.ZodObject> extends RouteDescription {
  readonly query: Query;
  readonly handle: (ctx: Context, asked: Asked<z.output<Query>>) => Promise<void>;
}

/** What a request asks for, checked. */
export interface Asked<Query> {
  /** The id in the path; empty where there is none. */
  readonly id: string;
  readonly query: Query;
  readonly format: Format;
  readonly caller: Caller;
}

export interface ApiRoute extends RouteDescription {
  readonly query: z.ZodObject;
  readonly handle: (ctx: RouterContext, caller: Caller) => Promise<void>;
}

/** Makes a route; its handler runs once path and query are as they should be. */
export function route<Query extends z.ZodObject>({ handle, query, ...description }: RouteOf<Query>): ApiRoute {
  const formats: readonly Format[] = ['json', ...(description.formats ?? [])];
  const full = formats.length > 1 ? query.extend({ format: formatParameter(formats) }) : query;
  return {
    ...description,
    query: full,
    async handle(ctx, caller) {
      try {
        const { id = '' } = ctx.params;
        const problem = description.path.includes(':id') ? idProblem(id) : undefined;
        if (problem !== undefined) return answerProblem(ctx, 400, `The id in the path cannot be used: ${problem}.`);
        checkOptionNames(ctx.query, Object.keys(full.shape), `${ctx.method} ${description.path}`);
        const values = Object.fromEntries(Object.entries(ctx.query).map(([name, value]) => [name, one(value)]));
        const read = readValue(query, values);
        if (!read.success) return answerProblem(ctx, 400, `The query cannot be used: ${read.reason}.`);
        const format = formatOf(ctx, formats);
        if (format !== undefined) await handle(ctx, { id, query: read.data, format, caller });
      } catch (error) {
        if (!answerRequestProblem(ctx, error)) throw error;
      }
    },
  };
}

function formatParameter(formats: readonly Format[]): z.ZodType {
  return z.enum(formats).optional().meta({ description: 'Takes precedence over `Accept`.' });
}

const WHOLE_NUMBER = `must be a whole number from 1 to ${pageRowsMax}`;

/** Routes that take nothing in their query. */
export const NO_QUERY: z.ZodObject<Record<never, never>> = z.object({});

/** Which part of a list is asked for. */
export const PAGE_QUERY: z.ZodObject<{
  cursor: z.ZodOptional<z.ZodString>;
  limit: z.ZodOptional<z.ZodCoercedNumber>;
}> = z.object({
  cursor: z.string().max(urlCharsMax).optional().meta({ description: 'The `next` of the page before.' }),
  limit: z.coerce
    .number(WHOLE_NUMBER)
    .int(WHOLE_NUMBER)
    .min(1, WHOLE_NUMBER)
    .max(pageRowsMax, WHOLE_NUMBER)
    .optional()
    .meta({
      description: `Rows of the page, ${pageRowsDefault} by default. CSV and NDJSON hold the whole list from the cursor on unless it is given.`,
    }),
});

/** Whether test traffic is shown. */
export const INCLUDE: z.ZodOptional<z.ZodEnum<{ test: 'test' }>> = z
  .enum(['test'], 'must be test, or be left out')
  .optional()
  .meta({ description: 'Shows test traffic too, which is in no other figure.' });

/** How conversions are attributed to clicks. */
export const ATTRIBUTION: z.ZodOptional<z.ZodEnum<{ last: 'last'; first: 'first'; linear: 'linear' }>> = z
  .enum(ATTRIBUTION_MODELS, `must be one of ${ATTRIBUTION_MODELS.join(', ')}`)
  .optional()
  .meta({ description: 'Attributes conversions to the last click (by default), the first, or all in equal parts.' });

/** What is wrong when a message is not there. */
export const UNKNOWN_MESSAGE = { 404: 'Nothing was heard of such a message.' } as const;

/** An id of the sender, in a body. */
export const ID: z.ZodString = z
  .string()
  .superRefine((id, context) => {
    const problem = idProblem(id);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .meta({ description: `1 to ${idBytesMax} bytes of UTF-8 without control characters.` });
