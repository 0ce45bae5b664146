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

/**
 * Answers with a mail, for a frame. It is a stranger's document and has nothing of ours: an origin of its own, no script, no
 * form, no way to us or to anywhere, and images from elsewhere only when they are asked for.
 */
export function giveMail(ctx: Context, html: string, { images }: { readonly images: boolean }): void {
  const from = images ? 'data: https: http:' : 'data:';
  setCommonHeaders(ctx);
  ctx.set(
    'Content-Security-Policy',
    `sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src ${from}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`,
  );
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('X-DNS-Prefetch-Control', 'off');
  ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
  ctx.status = 200;
  ctx.body = html;
  ctx.type = 'text/html; charset=utf-8';
}
