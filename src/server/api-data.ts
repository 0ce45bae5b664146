// What the API's answers and requests have in common: JSON or CSV, pages, JSON bodies.
import type { Context } from 'koa';
import { z } from 'zod';
import { apiBodyBytesMax, pageRowsDefault, pageRowsMax } from '../base/limits.ts';
import { toCsv } from '../report/report-csv.ts';
import type { FlatTable } from '../report/report-rows.ts';
import { setCommonHeaders } from './answer.ts';
import { answerProblem } from './problem.ts';
import { readBody } from './read-body.ts';

/** Answers with JSON. */
export function answerJson(ctx: Context, data: object): void {
  setCommonHeaders(ctx);
  ctx.status = 200;
  ctx.body = JSON.stringify(data);
  ctx.type = 'application/json; charset=utf-8';
}

/** JSON, or CSV when asked for by `Accept` or `?format=csv`. */
export function answerData(ctx: Context, data: object, table: () => FlatTable): void {
  const wantsCsv = one(ctx.query.format) === 'csv' || ctx.accepts('json', 'text/csv') === 'text/csv';
  answerJson(ctx, data);
  if (!wantsCsv) return;
  ctx.body = toCsv(table());
  ctx.type = 'text/csv; charset=utf-8';
}

const LIST_QUERY = z.object({
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(pageRowsMax).default(pageRowsDefault),
});

/** A page of a list. */
export interface ListQuery {
  /** Where the page before it ended. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Which page is asked for; answers 400 when that cannot be read. */
export function readListQuery(ctx: Context): ListQuery | undefined {
  const query = LIST_QUERY.safeParse({ cursor: one(ctx.query.cursor), limit: one(ctx.query.limit) });
  if (query.success) return query.data;
  answerProblem(ctx, 400, `limit must be a whole number from 1 to ${pageRowsMax}.`);
  return undefined;
}

/** The body as text; answers 413 when it is too large. */
export async function readText(ctx: Context): Promise<string | undefined> {
  const body = await readBody(ctx.req, apiBodyBytesMax);
  if (body === undefined) answerProblem(ctx, 413, `A body holds at most ${apiBodyBytesMax} bytes. Send several.`);
  return body?.toString('utf8');
}

/** The first thing that is wrong with a value, and where. */
export function reasonOf(error: z.ZodError): string {
  const { path = [], message = 'it cannot be read' } = error.issues[0] ?? {};
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

/** The value of a JSON text; nothing when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first of a query parameter that may come twice. */
export function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}
