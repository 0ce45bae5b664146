// Pages of the sender as Koa answers them. Unlike the collector's, they tell our own server where a form comes from: under
// `no-referrer` a browser sends `Origin: null`, and no form could be told from a stranger's.
import type { Context } from 'koa';
import { policyOf } from '../pages/render-page.ts';
import { setCommonHeaders } from './answer.ts';

/** What a page may that shows a mail: put our own documents into frames. */
export const FRAME_POLICY: readonly string[] = ["frame-src 'self'"];

/** Answers with a page; `also` is what it may besides, as directives of its policy. */
export function givePage(ctx: Context, html: string, status = 200, also: readonly string[] = []): void {
  setCommonHeaders(ctx);
  ctx.set('Referrer-Policy', 'same-origin');
  ctx.set('Content-Security-Policy', [policyOf(html), ...also].join('; '));
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cross-Origin-Opener-Policy', 'same-origin');
  ctx.status = status;
  ctx.body = html;
  ctx.type = 'text/html; charset=utf-8';
}

/** Sends the browser on; `location` is relative. */
export function seeOther(ctx: Context, location: string): void {
  setCommonHeaders(ctx);
  ctx.status = 303;
  ctx.set('Location', location);
  ctx.body = '';
}
