// How the collector answers. Its own redirect and its own headers: nothing a stranger sent is ever put into one, and
// no answer may be cached, indexed or leak where the reader came from.
import type { Context } from 'koa';

/** 43 bytes: one transparent pixel, complete by GIF89a. */
const GIF: Buffer = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

/** Why a request left no hit: the token is not ours, was revoked, or the reader does not want it. */
export type IgnoredReason = 'invalid' | 'revoked' | 'consent' | 'privacy-signal';

/** What became of the hit, told in a header. */
export type Outcome = { readonly durable: boolean } | { readonly ignored: IgnoredReason };

/** Answers with the pixel. */
export function answerPixel(ctx: Context, outcome: Outcome): void {
  setHeaders(ctx, outcome);
  ctx.status = 200;
  ctx.type = 'image/gif';
  ctx.body = GIF;
}

/** Answers with a redirect; `destination` has been checked and is pure ASCII. */
export function answerRedirect(ctx: Context, destination: string, outcome: Outcome): void {
  setHeaders(ctx, outcome);
  answerEmpty(ctx, 302);
  ctx.set('Location', destination);
}

/** Answers OPTIONS: what may be asked, and nothing else. */
export function answerOptions(ctx: Context, allow: string, outcome: Outcome | undefined): void {
  setHeaders(ctx, outcome);
  ctx.set('Allow', allow);
  ctx.body = null;
  ctx.status = 204;
}

/** Answers a method that has no meaning here. */
export function answerMethodNotAllowed(ctx: Context, allow: string): void {
  setHeaders(ctx, undefined);
  ctx.set('Allow', allow);
  answerEmpty(ctx, 405);
}

/** Answers a request whose address is none. */
export function answerUnreadable(ctx: Context): void {
  setHeaders(ctx, undefined);
  answerEmpty(ctx, 400);
}

/** Sets the headers every answer of the collector carries. */
export function setHeaders(ctx: Context, outcome: Outcome | undefined): void {
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.set('X-Robots-Tag', 'noindex');
  if (outcome === undefined) return;
  if ('ignored' in outcome) ctx.set('Telltale-Ignored', outcome.ignored);
  else ctx.set('Telltale-Durable', outcome.durable ? 'yes' : 'no');
}

function answerEmpty(ctx: Context, status: number): void {
  ctx.status = status;
  ctx.body = Buffer.alloc(0);
  ctx.remove('Content-Type');
}
