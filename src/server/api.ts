// The API under /api/v1: messages, their reports, and the sends that other systems report.
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import { idProblem } from '../base/ids.ts';
import { CONSENT_LEVELS } from '../base/nouns.ts';
import { buildReport } from '../report/build-report.ts';
import { compareMessages, comparisonRows } from '../report/compare-messages.ts';
import { listMessages } from '../report/list-messages.ts';
import { reportRows, summaryRows } from '../report/report-rows.ts';
import type { Store } from '../store/open-store.ts';
import type { Send } from '../track/send-queue.ts';
import { type ApiAuth, guarded } from './api-auth.ts';
import { answerData, one, parseJson, readListQuery, readText, reasonOf } from './api-data.ts';
import { addControlRoutes } from './control-api.ts';
import type { Live } from './live.ts';
import { answerProblem, answerRequestProblem } from './problem.ts';
import { routesOf } from './routes-of.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly auth: ApiAuth;
  readonly live: Live;
  readonly now: () => number;
}

/** Makes the routes. */
export function apiRoutes({ store, auth, live, now }: ApiOptions): Middleware {
  const router = new Router({ prefix: '/api/v1' });
  router.get(
    '/messages',
    guarded('read', auth, (ctx) => answerList(ctx, store)),
  );
  router.get(
    '/messages/:id',
    guarded('read', auth, (ctx) => answerReport(ctx, ctx.params.id ?? '', store)),
  );
  router.get(
    '/messages/:id/live',
    guarded('read', auth, (ctx) => answerKnown(ctx, () => live.watch(ctx, ctx.params.id ?? ''))),
  );
  router.post(
    '/messages/:id/sends',
    guarded('write', auth, (ctx) => takeSends(ctx, ctx.params.id ?? '', store, now())),
  );
  router.get(
    '/compare',
    guarded('read', auth, (ctx) => answerComparison(ctx, store)),
  );
  addControlRoutes(router, { store, auth });
  router.all(
    '/{*rest}',
    guarded('read', auth, async (ctx) => answerProblem(ctx, 404, 'There is nothing at this path. See docs/api.md.')),
  );
  return routesOf(router);
}

async function answerList(ctx: Context, store: Store): Promise<void> {
  const query = readListQuery(ctx);
  if (query === undefined) return;
  await answerKnown(ctx, async () => {
    const page = await listMessages(store, query);
    answerData(ctx, page, () => summaryRows(page.items));
  });
}

async function answerReport(ctx: Context, id: string, store: Store): Promise<void> {
  await answerKnown(ctx, async () => {
    const report = await buildReport(store, { message: id });
    answerData(ctx, report, () => reportRows(report));
  });
}

async function answerComparison(ctx: Context, store: Store): Promise<void> {
  const [a, b] = [one(ctx.query.a), one(ctx.query.b)];
  if (a === undefined || b === undefined) {
    return answerProblem(ctx, 400, 'Two messages are compared by their ids: /api/v1/compare?a=…&b=…');
  }
  await answerKnown(ctx, async () => {
    const compared = await compareMessages(store, { a, b });
    answerData(ctx, compared, () => comparisonRows(compared));
  });
}

/** Answers 400 or 404 when what was asked for is not known. */
async function answerKnown(ctx: Context, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (!answerRequestProblem(ctx, error)) throw error;
  }
}

/** Letters of any script, digits and hyphens between dots. */
const DOMAIN = /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*$/u;

const SEND = z.strictObject({
  recipient: z.string().superRefine((id, context) => {
    const problem = idProblem(id);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  }),
  at: z.iso.datetime({ offset: true }).optional(),
  domain: z.string().max(253).regex(DOMAIN, 'not a mail domain, like example.com').optional(),
  consent: z.strictObject({ opens: z.enum(CONSENT_LEVELS), clicks: z.enum(CONSENT_LEVELS) }).optional(),
});

async function takeSends(ctx: Context, id: string, store: Store, nowMs: number): Promise<void> {
  const problem = idProblem(id);
  if (problem !== undefined) return answerProblem(ctx, 400, `The message id in the path cannot be used: ${problem}.`);
  const text = await readText(ctx);
  if (text === undefined) return;
  const items = readItems(text);
  if (items === undefined) {
    return answerProblem(
      ctx,
      400,
      'The body must be a JSON array of sends, or one JSON object a line: { "recipient": "…", "at": "2026-01-01T09:00:00Z" }.',
    );
  }
  const sends: Send[] = [];
  const rejected: { line: number; reason: string }[] = [];
  for (const { line, value } of items) {
    const send = SEND.safeParse(value);
    if (send.success) sends.push(toSend(send.data, nowMs));
    else rejected.push({ line, reason: value === undefined ? 'not JSON' : reasonOf(send.error) });
  }
  const recorded = await store.recordSends(id, sends);
  answerData(ctx, { ...recorded, rejected }, () => ({ columns: ['line', 'reason'], rows: rejected }));
}

function toSend({ recipient, at, domain, consent }: z.infer<typeof SEND>, nowMs: number): Send {
  return { recipient, atMs: at === undefined ? nowMs : Date.parse(at), domain: domain?.toLowerCase(), consent };
}

interface Item {
  readonly line: number;
  readonly value: unknown;
}

/** A JSON array, or NDJSON; nothing when it is neither. A line that is no JSON is an item that will be rejected. */
function readItems(text: string): readonly Item[] | undefined {
  if (text.trim() === '') return undefined;
  if (text.trimStart().startsWith('[')) {
    const value = parseJson(text);
    return Array.isArray(value) ? value.map((item, index) => ({ line: index + 1, value: item })) : undefined;
  }
  const lines = text
    .split('\n')
    .map((line, index) => ({ line: index + 1, value: parseJson(line), isBlank: line.trim() === '' }));
  return lines.filter((line) => !line.isBlank);
}
