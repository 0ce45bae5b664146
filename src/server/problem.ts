// Errors of the API, as RFC 9457 problem details.
import { STATUS_CODES } from 'node:http';
import type { Context } from 'koa';
import { type ErrorCode, messageOf, TelltaleError } from '../base/errors.ts';
import { explainStoreError } from '../store/store-error.ts';
import { setCommonHeaders } from './answer.ts';

/** Answers with a problem; `detail` says what was expected, what came and what to do. */
export function answerProblem(ctx: Context, status: number, detail: string): void {
  setCommonHeaders(ctx);
  ctx.status = status;
  ctx.body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
  ctx.type = 'application/problem+json';
}

/** What may be told of an error, and after how long to ask again, when it was the store that could not. */
export function storeProblemOf(thrown: unknown): StoreProblem | undefined {
  const error = explainStoreError(thrown);
  return error instanceof TelltaleError ? STORE_PROBLEMS[error.code] : undefined;
}

/** Answers 503 when it was the store that could not; false for any other error. Paths and reasons are for the log alone. */
export function answerStoreProblem(ctx: Context, thrown: unknown): boolean {
  const known = storeProblemOf(thrown);
  if (known === undefined) return false;
  ctx.set('Retry-After', String(known.retrySeconds));
  answerProblem(ctx, 503, known.detail);
  return true;
}

/** Answers 400 or 404 when it was what the request asked for that is wrong; false for any other error. */
export function answerRequestProblem(ctx: Context, error: unknown): boolean {
  const status = error instanceof TelltaleError ? REQUEST_PROBLEMS[error.code] : undefined;
  if (status === undefined) return false;
  answerProblem(ctx, status, messageOf(error).replace('telltale report.', 'GET /api/v1/messages.'));
  return true;
}

const REQUEST_PROBLEMS: Readonly<Partial<Record<ErrorCode, 400 | 404>>> = {
  UNKNOWN_MESSAGE: 404,
  UNKNOWN_RECIPIENT: 404,
  INVALID_CURSOR: 400,
  INVALID_TIME_ZONE: 400,
  INVALID_ID: 400,
  INVALID_OPTION: 400,
  UNKNOWN_LINK: 400,
  UNKNOWN_OPTION: 400,
  INVALID_WEBHOOK: 400,
};

interface StoreProblem {
  readonly retrySeconds: number;
  readonly detail: string;
}

const STORE_PROBLEMS: Readonly<Partial<Record<ErrorCode, StoreProblem>>> = {
  STORE_BUSY: {
    retrySeconds: 5,
    detail: 'Another program has the database locked. Send this again in a few seconds: what came once counts once.',
  },
  STORE_UNAVAILABLE: {
    retrySeconds: 5,
    detail: 'The database cannot be used just now. Send this again in a few seconds: what came once counts once.',
  },
  STORE_DAMAGED: {
    retrySeconds: 60,
    detail: 'The database is damaged: a backup has to take its place. Hits are kept meanwhile.',
  },
};
