// The pages for readers of mail, as answers.
import { type PageName, policyOf, renderPage } from '../pages/render-page.ts';
import { type Answer, type Outcome, outcomeHeaders } from './answer.ts';

/** An answer with a page. */
export function pageAnswer(
  status: number,
  name: PageName,
  values: object,
  outcome?: Outcome,
  headers: readonly string[] = [],
): Answer {
  const html = renderPage(name, values);
  const body = Buffer.from(html);
  return {
    status,
    headers: [
      ...['Content-Type', 'text/html; charset=utf-8', 'Content-Length', String(body.length)],
      ...['Content-Security-Policy', policyOf(html), 'X-Content-Type-Options', 'nosniff'],
      ...outcomeHeaders(outcome),
      ...headers,
    ],
    body,
  };
}
