// What goes wrong with a page, as a page: what was asked for is not there, or the store cannot answer.
import type { Context } from 'koa';
import { type ErrorCode, messageOf, TelltaleError } from '../base/errors.ts';
import { renderPage } from '../pages/render-page.ts';
import { givePage } from './give-page.ts';
import { storeProblemOf } from './problem.ts';

/** Answers; `root` leads to the list of messages. Rejects with what is none of these. */
export async function explaining(ctx: Context, root: string, answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    const known = error instanceof TelltaleError ? PROBLEMS[error.code] : undefined;
    if (known !== undefined) {
      const detail = forPages(messageOf(error));
      return givePage(ctx, renderPage('problem', { root, csrf: '', heading: known.heading, detail }), known.status);
    }
    const problem = storeProblemOf(error);
    if (problem === undefined) throw error;
    ctx.app.emit('error', error, ctx);
    ctx.set('Retry-After', String(problem.retrySeconds));
    const heading = 'The database cannot be read just now';
    const detail = 'Nothing is lost: what comes meanwhile is kept. Reload this page in a moment.';
    givePage(ctx, renderPage('problem', { root, csrf: '', heading, detail }), 503);
  }
}

/** A sentence without what is for somebody at a terminal. */
export function forPages(message: string): string {
  return message.replace(/ See the list: telltale report\.$/, '');
}

const PROBLEMS: Readonly<Partial<Record<ErrorCode, { readonly status: number; readonly heading: string }>>> = {
  UNKNOWN_MESSAGE: { status: 404, heading: 'No such message' },
  UNKNOWN_RECIPIENT: { status: 404, heading: 'No such recipient' },
  INVALID_CURSOR: { status: 400, heading: 'No such page of the list' },
  INVALID_OPTION: { status: 400, heading: 'This cannot be shown' },
};
