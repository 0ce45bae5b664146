// The server's pages, from templates/pages. Templates escape what they print; pages run no script and load nothing.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Liquid } from 'liquidjs';
import { packageRoot } from '../base/package-root.ts';
import { type Answer, type Outcome, outcomeHeaders } from './answer.ts';

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

/** An answer with a page. */
export function pageAnswer(
  status: number,
  name: PageName,
  values: Readonly<Record<string, string>>,
  outcome?: Outcome,
  headers: readonly string[] = [],
): Answer {
  const html: string = engine.renderFileSync(name, values);
  const body = Buffer.from(html);
  return {
    status,
    headers: [
      ...['Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(body.length)],
      ...['Content-Security-Policy', policyFor(html), 'X-Content-Type-Options', 'nosniff'],
      ...outcomeHeaders(outcome),
      ...headers,
    ],
    body,
  };
}

/** Nothing but the page's own style sheet, by its hash, and forms to ourselves. */
function policyFor(html: string): string {
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
}
