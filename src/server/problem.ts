// Errors of the API, as RFC 9457 problem details.
import { STATUS_CODES } from 'node:http';
import type { Context } from 'koa';
import { setCommonHeaders } from './answer.ts';

/** Answers with a problem; `detail` says what was expected, what came and what to do. */
export function answerProblem(ctx: Context, status: number, detail: string): void {
  setCommonHeaders(ctx);
  ctx.status = status;
  ctx.body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
  ctx.type = 'application/problem+json';
}
