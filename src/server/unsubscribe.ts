// The way out (RFC 8058): POST with the one body that counts unsubscribes at once, without cookie, login or redirect.
// GET shows a page with one button that posts that body. GET, HEAD and OPTIONS never unsubscribe: gateways send them.
import type { Context } from 'koa';
import { tokenCharsMax, unsubscribeBodyBytesMax } from '../base/limits.ts';
import type { Addressee } from '../base/nouns.ts';
import { openUnsubscribeToken } from '../token/unsubscribe-token.ts';
import { answerMethodNotAllowed, answerOptions } from './answer.ts';
import { type CollectorContext, makeHit } from './make-hit.ts';
import { answerPage } from './pages.ts';
import { readBody } from './read-body.ts';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST'];
const ALLOW = METHODS.join(', ');

/** Answers a request for `/u/` and a token. */
export async function answerUnsubscribe(ctx: Context, text: string, context: CollectorContext): Promise<void> {
  if (!METHODS.includes(ctx.method)) return answerMethodNotAllowed(ctx, ALLOW);
  if (ctx.method === 'OPTIONS') return answerOptions(ctx, ALLOW, undefined);
  const opened = text.length > tokenCharsMax ? undefined : openUnsubscribeToken(context.keys, text);
  if (!opened?.ok) return answerPage(ctx, 404, 'link-not-found', {}, { ignored: 'invalid' });
  if (opened.key.revoked) {
    return answerPage(ctx, 410, 'unsubscribe-revoked', { contact: context.abuseContact }, { ignored: 'revoked' });
  }
  if (ctx.method !== 'POST') return answerPage(ctx, 200, 'unsubscribe', {});
  return unsubscribe(ctx, opened.token, context);
}

async function unsubscribe(ctx: Context, addressee: Addressee, context: CollectorContext): Promise<void> {
  const body = await readBody(ctx.req, unsubscribeBodyBytesMax);
  if (body === undefined || !isOneClick(body.toString('latin1'), ctx.get('Content-Type'))) {
    return answerPage(ctx, 400, 'not-understood', {});
  }
  const hit = makeHit(ctx, context, {
    kind: 'unsubscribe',
    token: { ...addressee, test: false },
    level: 'individual',
    link: null,
  });
  const durable = await context.append(hit);
  if (durable) return answerPage(ctx, 200, 'unsubscribed', {}, { durable });
  // Asking again does no harm, a lost withdrawal does.
  ctx.set('Retry-After', '5');
  return answerPage(ctx, 503, 'try-again', {}, { durable });
}

/** `List-Unsubscribe=One-Click`, as a form of either encoding that RFC 8058 allows. */
function isOneClick(body: string, contentType: string): boolean {
  if (!/^multipart\/form-data/i.test(contentType)) return body.trim() === 'List-Unsubscribe=One-Click';
  return /name="?List-Unsubscribe"?[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\nOne-Click\r\n/i.test(body);
}
