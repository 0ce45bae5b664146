// Pages out of templates/pages. Templates escape what they print; pages load nothing and run no script but the one that keeps
// the figures of an open report as they are now, which their policy has the browser see to.
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
  | 'preferences'
  | 'tracking-stopped'
  | 'preferences-not-understood'
  | 'not-understood'
  | 'try-again'
  // For the sender.
  | 'login'
  | 'messages'
  | 'report'
  | 'click-map'
  | 'compare'
  | 'recipient'
  | 'preview'
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

/** The Content-Security-Policy of a page: its own style sheet and script, by their hashes, and forms to ourselves. */
export function policyOf(html: string): string {
  const script = /<script data-live="[^"<>]*">([\s\S]*?)<\/script>/.exec(html)?.[1];
  const live = script === undefined ? '' : ` script-src ${hashOf(script)}; connect-src 'self';`;
  return `${filePolicyOf(html)};${live} form-action 'self'; frame-ancestors 'none'`;
}

/** The same for a file: as a `<meta>` says it, and with no forms. */
export function filePolicyOf(html: string): string {
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  // A page's own icon stands in it; without one, a browser would ask for /favicon.ico.
  const icon = html.includes('rel="icon"') ? ' img-src data:;' : '';
  return `default-src 'none'; style-src ${hashOf(style)};${icon} base-uri 'none'`;
}

/** A text of the page as its policy names it. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
