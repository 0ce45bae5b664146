// What the API's answers and requests have in common: JSON, CSV or NDJSON, whole or page by page, and JSON bodies.
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { apiBodyBytesMax, pageRowsDefault, pageRowsMax } from '../base/limits.ts';
import type { Page } from '../report/cursor.ts';
import { toCsv } from '../report/report-csv.ts';
import type { FlatTable } from '../report/report-rows.ts';
import { setCommonHeaders } from './answer.ts';
import { answerProblem } from './problem.ts';
import { readBody } from './read-body.ts';

/** Ways to write an answer, with their media types. */
export const FORMATS = { json: 'application/json', csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;
export type Format = keyof typeof FORMATS;

/** The way that is asked for by `?format=`, else by `Accept`, else JSON; answers 400 when there is no such way. */
export function formatOf(ctx: Context, formats: readonly Format[]): Format | undefined {
  const named = one(ctx.query['format']);
  const format =
    named === undefined
      ? formats.find((one) => FORMATS[one] === ctx.accepts(...formats.map((format) => FORMATS[format])))
      : formats.find((format) => format === named);
  if (named === undefined) return format ?? 'json';
  if (format === undefined) answerProblem(ctx, 400, `format must be one of ${formats.join(', ')}.`);
  return format;
}

/** Answers with JSON. */
export function answerJson(ctx: Context, data: object, status = 200): void {
  answerText(ctx, JSON.stringify(data), FORMATS.json);
  ctx.status = status;
}

/** Answers with what a reader may have already: 304 when it has. */
export function answerData(ctx: Context, format: Format, data: object, table: () => FlatTable): void {
  const text = format === 'csv' ? toCsv(table()) : JSON.stringify(data);
  answerText(ctx, text, FORMATS[format]);
  ctx.status = 200;
  if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return;
  ctx.set('ETag', `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`);
  // It may be kept by whoever asked, to be asked for again; not by anybody on the way.
  ctx.set('Cache-Control', 'private, no-cache');
  ctx.vary('Accept');
  if (!ctx.fresh) return;
  ctx.status = 304;
  ctx.body = null;
}

/** How a list is read and written. */
interface ListOf<Item> {
  readonly query: { readonly cursor?: string | undefined; readonly limit?: number | undefined };
  readonly format: Format;
  readonly read: (page: { readonly cursor: string | null; readonly limit: number }) => Promise<Page<Item>>;
  readonly table: (items: readonly Item[]) => FlatTable;
}

/** Answers with a page of a list as JSON, or with the list from the cursor on, a page at a time, as CSV or NDJSON. */
export async function answerList<Item extends object>(ctx: Context, of: ListOf<Item>): Promise<void> {
  const { query, format, read, table } = of;
  const { cursor = null, limit } = query;
  // Before the first byte is sent, so that a list that is not there is a 404.
  const first = await read({ cursor, limit: limit ?? (format === 'json' ? pageRowsDefault : pageRowsMax) });
  if (format === 'json') return answerData(ctx, format, first, () => table(first.items));
  const write = format === 'csv' ? (items: readonly Item[], isFirst: boolean) => toCsv(table(items), isFirst) : toLines;
  const chunks = writePages(first, limit === undefined ? read : undefined, write);
  answerText(ctx, Readable.from(chunks, { highWaterMark: 1 }), FORMATS[format]);
  ctx.status = 200;
}

async function* writePages<Item>(
  first: Page<Item>,
  read: ListOf<Item>['read'] | undefined,
  write: (items: readonly Item[], isFirst: boolean) => string,
): AsyncGenerator<string> {
  yield write(first.items, true);
  let next = read === undefined ? null : first.next;
  while (next !== null && read !== undefined) {
    const page = await read({ cursor: next, limit: pageRowsMax });
    yield write(page.items, false);
    next = page.next;
  }
}

function toLines(items: readonly object[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

function answerText(ctx: Context, body: string | Readable, type: string): void {
  setCommonHeaders(ctx);
  ctx.body = body;
  ctx.type = `${type}; charset=utf-8`;
}

/** The body as text; answers 413 when it is too large. */
export async function readText(ctx: Context): Promise<string | undefined> {
  const body = await readBody(ctx.req, apiBodyBytesMax);
  if (body === undefined) answerProblem(ctx, 413, `A body holds at most ${apiBodyBytesMax} bytes. Send several.`);
  return body?.toString('utf8');
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
