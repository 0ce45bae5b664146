// The API of who gets no more mail of this sender.
import type { Context } from 'koa';
import { z } from 'zod';
import { proofCharsMax } from '../base/limits.ts';
import { SUPPRESSION_REASONS } from '../base/nouns.ts';
import { suppressionRows } from '../report/list-rows.ts';
import { listSuppressions, type Suppressed, suppressed } from '../report/list-suppressions.ts';
import type { Store } from '../store/open-store.ts';
import { answerJson, answerList, parseJson, readText } from './api-data.ts';
import { type ApiParts, type ApiRoute, NO_QUERY, PAGE_QUERY, route } from './api-route.ts';
import { pageOf } from './api-schemas.ts';
import { answerProblem } from './problem.ts';
import { readValue } from './read-value.ts';

const REASON = z.enum(SUPPRESSION_REASONS, `must be one of ${SUPPRESSION_REASONS.join(', ')}`);

const SUPPRESSED: z.ZodType<Suppressed> = z
  .strictObject({
    recipient: z.string(),
    reason: REASON,
    source: z.string().nullable().meta({ description: 'Where it was said, in your words.' }),
    at: z.iso.datetime(),
  })
  .meta({ id: 'Suppressed' });

const GIVEN = z.strictObject({
  reason: REASON.optional().meta({ description: '`manual`, when nobody says.' }),
  source: z
    .string()
    .trim()
    .min(1)
    .max(proofCharsMax)
    .optional()
    .meta({ description: 'Where it was said: a call, a list.' }),
});

/** The routes. */
export function suppressionRoutes({ store }: ApiParts): readonly ApiRoute[] {
  return [
    route({
      ...({ method: 'get', path: '/suppressions', scope: 'read' } as const),
      summary: 'Who gets no more mail, and why',
      query: PAGE_QUERY,
      formats: ['csv', 'ndjson'],
      answer: pageOf(SUPPRESSED),
      handle: (ctx, { query, format }) =>
        answerList(ctx, { query, format, table: suppressionRows, read: (page) => listSuppressions(store, page) }),
    }),
    route({
      ...({ method: 'put', path: '/suppressions/:id', scope: 'write' } as const),
      summary: 'Lets a recipient get no more mail; who is suppressed already stays so for the first reason',
      query: NO_QUERY,
      body: { schema: GIVEN },
      answer: SUPPRESSED,
      problems: { 409: 'The recipient is erased: they get no mail, and nothing is kept of them.' },
      handle: (ctx, { id }) => takeSuppression(ctx, store, id),
    }),
    route({
      ...({ method: 'delete', path: '/suppressions/:id', scope: 'write' } as const),
      summary: 'Lets a recipient get mail again',
      query: NO_QUERY,
      answer: undefined,
      statuses: [204],
      problems: { 404: 'This recipient is not suppressed.' },
      async handle(ctx, { id }) {
        if ((await store.unsuppress([id])) === 0) return answerProblem(ctx, 404, 'This recipient is not suppressed.');
        ctx.status = 204;
      },
    }),
  ];
}

async function takeSuppression(ctx: Context, store: Store, id: string): Promise<void> {
  const text = await readText(ctx);
  if (text === undefined) return;
  const read = readValue(GIVEN, text.trim() === '' ? {} : parseJson(text));
  if (!read.success) {
    const problem = `The body must be like { "reason": "manual", "source": "a call" }. ${read.reason}`;
    return answerProblem(ctx, 400, problem);
  }
  await store.suppress([id], read.data.reason ?? 'manual', read.data.source);
  const row = await store.suppressionOf(id);
  if (row === undefined) return answerProblem(ctx, 409, 'This recipient is erased: nothing is kept of them.');
  answerJson(ctx, suppressed(row));
}
