// Logging in and out of the pages. A form counts only when it comes from a page of ours: the browser says so by Origin, and
// forms of a session bring its CSRF token along.
import type { Context } from 'koa';
import { formBytesMax } from '../base/limits.ts';
import { renderPage } from '../pages/render-page.ts';
import { type ApiAuth, CHALLENGE, tryToken } from './api-auth.ts';
import { one } from './api-data.ts';
import { givePage, seeOther } from './give-page.ts';
import { isLoopbackName } from './loopback-name.ts';
import { returnPathOf } from './page-place.ts';
import { readBody } from './read-body.ts';
import { isCsrfRight, type Sessions } from './sessions.ts';

export interface LoginParts {
  readonly sessions: Sessions;
  readonly auth: ApiAuth;
  readonly baseUrl: string;
}

/** The form; one who is logged in is sent on. */
export async function showLogin(ctx: Context, { sessions }: LoginParts): Promise<void> {
  const back = returnPathOf(one(ctx.query.return) ?? '/');
  if ((await sessions.find(ctx)) !== undefined) return seeOther(ctx, `.${back}`);
  givePage(ctx, loginPage(back));
}

/** Takes the form. */
export async function takeLogin(ctx: Context, parts: LoginParts): Promise<void> {
  const form = await readForm(ctx);
  const back = returnPathOf(form?.get('return') ?? '/');
  const problem = form === undefined ? UNREADABLE : originProblem(ctx, parts.baseUrl);
  if (problem !== undefined) return givePage(ctx, loginPage(back, problem), 403);
  const token = (form?.get('token') ?? '').trim();
  const tried = await tryToken(/^\S{1,200}$/.test(token) ? token : undefined, ctx, parts.auth);
  switch (tried.kind) {
    case 'wait':
      ctx.set('Retry-After', String(tried.seconds));
      return givePage(
        ctx,
        loginPage(back, `Too many wrong tokens came from your address. Try again in ${tried.seconds} s.`),
        429,
      );
    case 'wrong':
      ctx.set('WWW-Authenticate', CHALLENGE);
      return givePage(ctx, loginPage(back, 'This is no valid API token. Paste one whole: it begins with tt_.'), 401);
    case 'known':
      parts.sessions.begin(ctx, token);
      return seeOther(ctx, `.${back}`);
  }
}

/** Ends the session. */
export async function takeLogout(ctx: Context, { sessions, baseUrl }: LoginParts): Promise<void> {
  const form = await readForm(ctx);
  const session = await sessions.find(ctx);
  if (session !== undefined) {
    const isOurs = originProblem(ctx, baseUrl) === undefined && isCsrfRight(session, form?.get('csrf') ?? '');
    if (!isOurs)
      return givePage(
        ctx,
        loginPage('/', 'You are still logged in: the request did not come from a page of yours.'),
        403,
      );
    sessions.end(ctx);
  }
  seeOther(ctx, './login');
}

const UNREADABLE = 'The form could not be read. Try again.';

function loginPage(back: string, problem = ''): string {
  return renderPage('login', { root: './', csrf: '', return: back, problem });
}

/** Why a form is not taken: another site sent it, or it went over a line on which all can read the token. */
function originProblem(ctx: Context, baseUrl: string): string | undefined {
  const sent = ctx.get('Origin');
  const site = ctx.get('Sec-Fetch-Site');
  const origin = URL.canParse(sent) ? new URL(sent) : undefined;
  const isOurs =
    origin !== undefined && (origin.host === ctx.host.toLowerCase() || origin.origin === new URL(baseUrl).origin);
  if (!isOurs || (site !== '' && site !== 'same-origin')) {
    return 'The form did not come from this page. Open it here and try again; a browser extension that hides the Origin has to let it through.';
  }
  if (origin.protocol === 'https:' || isLoopbackName(origin.hostname)) return undefined;
  return 'Over plain http everybody on the way could read your token. Open this page over https, or on the machine itself.';
}

/** The fields of a form; nothing when it is none, or too long. */
async function readForm(ctx: Context): Promise<URLSearchParams | undefined> {
  if (ctx.is('application/x-www-form-urlencoded') === false) return undefined;
  const body = await readBody(ctx.req, formBytesMax);
  return body === undefined ? undefined : new URLSearchParams(body.toString('utf8'));
}
