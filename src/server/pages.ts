// The server's pages, from templates/pages. Templates escape what they print; pages run no script and load nothing.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Context } from 'koa';
import { Liquid } from 'liquidjs';
import { packageRoot } from '../base/package-root.ts';
import { type Outcome, setHeaders } from './answer.ts';

/** Names of the files in templates/pages. */
export type PageName =
  | 'link-not-found'
  | 'link-not-ready'
  | 'link-revoked'
  | 'unsubscribe'
  | 'unsubscribe-revoked'
  | 'unsubscribed'
  | 'not-understood'
  | 'try-again';

const engine = new Liquid({
  root: fileURLToPath(new URL('templates/pages/', packageRoot)),
  extname: '.html',
  outputEscape: 'escape',
  strictVariables: true,
  cache: true,
});

/** Answers with a page. */
export function answerPage(
  ctx: Context,
  status: number,
  name: PageName,
  values: Readonly<Record<string, string>>,
  outcome?: Outcome,
): void {
  const html: string = engine.renderFileSync(name, values);
  setHeaders(ctx, outcome);
  ctx.set('Content-Security-Policy', policyFor(html));
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.status = status;
  ctx.type = 'text/html; charset=utf-8';
  ctx.body = html;
}

/** Nothing but the page's own style sheet, by its hash, and forms to ourselves. */
function policyFor(html: string): string {
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
}
