// Pages out of templates/pages. Templates escape what they print; pages run no script and load nothing, which their policy
// has the browser see to.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Liquid } from 'liquidjs';
import { packageRoot } from '../base/package-root.ts';

/** Files in templates/pages that are pages of their own. */
export type PageName =
  // For the readers of mail.
  | 'link-not-found'
  | 'link-not-ready'
  | 'link-revoked'
  | 'unsubscribe'
  | 'unsubscribe-revoked'
  | 'unsubscribed'
  | 'not-understood'
  | 'try-again'
  // For the sender.
  | 'login'
  | 'messages'
  | 'report'
  | 'click-map'
  | 'compare'
  | 'recipient'
  | 'problem';

const engine = new Liquid({
  root: fileURLToPath(new URL('templates/pages/', packageRoot)),
  extname: '.html',
  outputEscape: 'escape',
  strictVariables: true,
  strictFilters: true,
  // An empty text is nothing.
  jsTruthy: true,
  cache: true,
});

/** The HTML of a page. Every value that its template names must be there. */
export function renderPage(name: PageName, values: object): string {
  return engine.renderFileSync(name, values);
}

/** The Content-Security-Policy of a page: its own style sheet, by its hash, and forms to ourselves. */
export function policyOf(html: string): string {
  return `${filePolicyOf(html)}; form-action 'self'; frame-ancestors 'none'`;
}

/** The same for a file: as a `<meta>` says it, and with no forms. */
export function filePolicyOf(html: string): string {
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  // A page's own icon stands in it; without one, a browser would ask for /favicon.ico.
  const icon = html.includes('rel="icon"') ? ' img-src data:;' : '';
  return `default-src 'none'; style-src 'sha256-${hash}';${icon} base-uri 'none'`;
}
