// A Koa app as all of ours begin: every request passes the front, and no failure leaves it unanswered or is printed.
import Koa, { type Context, type Middleware } from 'koa';
import { giveAnswer } from './answer.ts';
import type { Front } from './front.ts';
import { answerProblem } from './problem.ts';

/** Makes the app. */
export function makeKoa(front: Front, onProblem: (error: unknown) => void): Koa {
  const app = new Koa();
  // Koa would print the request; what a stranger sent belongs in no log.
  app.silent = true;
  app.on('error', (error) => {
    if (!isClientsFault(error)) onProblem(error);
  });
  app.use(failSafely(onProblem));
  app.use(passFront(front));
  return app;
}

/** For what no other middleware answered. */
export async function answerNothingHere(ctx: Context): Promise<void> {
  answerProblem(ctx, 404, 'There is nothing at this path.');
}

function passFront(front: Front): Middleware {
  return async (ctx, next) => {
    const passed = front(ctx.req);
    if ('answer' in passed) return giveAnswer(ctx, passed.answer);
    await next();
  };
}

function failSafely(onProblem: (error: unknown) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (isClientsFault(error)) return answerProblem(ctx, 400, 'The request ended before it was whole.');
      onProblem(error);
      answerProblem(ctx, 500, 'The server could not answer. Its log says why.');
    }
  };
}

/** Broken off or malformed by who sent it: no problem of ours, and no line in a log for every port scanner. */
function isClientsFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('HPE_') || CLIENTS_FAULTS.has(code);
}

const CLIENTS_FAULTS = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);
