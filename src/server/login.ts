// Logging in and out of the pages. A form counts only when it comes from a page of ours: the browser says so by Origin, and
// the form brings a CSRF token along, of its session or of the browser that is to log in.
import type { Context } from 'koa';
import { formBytesMax } from '../base/limits.ts';
import { isLoopbackName } from '../base/loopback-name.ts';
import { renderPage } from '../pages/render-page.ts';
import { type ApiAuth, CHALLENGE, tryToken } from './api-auth.ts';
import { one } from './api-data.ts';
import { givePage, seeOther } from './give-page.ts';
import type { LoginForms } from './login-forms.ts';
import { returnPathOf } from './page-place.ts';
import { readBody } from './read-body.ts';
import { isCsrfRight, type Sessions } from './sessions.ts';

export interface LoginParts {
  readonly sessions: Sessions;
  readonly forms: LoginForms;
  readonly auth: ApiAuth;
  readonly baseUrl: string;
}

/** The form; one who is logged in is sent on. */
export async function showLogin(ctx: Context, { sessions, forms }: LoginParts): Promise<void> {
  const back = returnPathOf(one(ctx.query.return) ?? '/');
  if ((await sessions.find(ctx)) !== undefined) return seeOther(ctx, `.${back}`);
  giveForm(ctx, forms, { back });
}

/** Takes the form. */
export async function takeLogin(ctx: Context, parts: LoginParts): Promise<void> {
  const { sessions, forms, auth, baseUrl } = parts;
  const form = await readForm(ctx);
  const back = returnPathOf(form?.get('return') ?? '/');
  const again = (status: number, problem: string) => giveForm(ctx, forms, { back, status, problem });
  if (form === undefined) return again(403, 'The form could not be read. Try again.');
  const strange = originProblem(ctx, baseUrl);
  if (strange !== undefined) return again(403, strange);
  if (!forms.isOurs(ctx, form.get('csrf') ?? '')) return again(403, NOT_OURS);
  const token = (form.get('token') ?? '').trim();
  const tried = await tryToken(/^\S{1,200}$/.test(token) ? token : undefined, ctx, auth);
  switch (tried.kind) {
    case 'wait':
      ctx.set('Retry-After', String(tried.seconds));
      return again(429, `Too many wrong tokens came from your address. Try again in ${tried.seconds} s.`);
    case 'wrong':
      ctx.set('WWW-Authenticate', CHALLENGE);
      return again(401, 'This is no valid API token. Paste one whole: it begins with tt_.');
    case 'known':
      sessions.begin(ctx, token);
      return seeOther(ctx, `.${back}`);
  }
}

/** Ends the session. */
export async function takeLogout(ctx: Context, { sessions, forms, baseUrl }: LoginParts): Promise<void> {
  const form = await readForm(ctx);
  const session = await sessions.find(ctx);
  if (session !== undefined) {
    const isOurs = originProblem(ctx, baseUrl) === undefined && isCsrfRight(session, form?.get('csrf') ?? '');
    if (!isOurs) {
      const problem = 'You are still logged in: the request did not come from a page of yours.';
      return giveForm(ctx, forms, { back: '/', status: 403, problem });
    }
    sessions.end(ctx);
  }
  seeOther(ctx, './login');
}

const NOT_OURS =
  'This form was too old, or its cookie did not come with it. Try again, with cookies allowed for this page: the form below is new.';

/** Answers with the login form. */
function giveForm(
  ctx: Context,
  forms: LoginForms,
  of: { readonly back: string; readonly status?: number; readonly problem?: string },
): void {
  const { back, status = 200, problem = '' } = of;
  const csrf = forms.give(ctx);
  givePage(ctx, renderPage('login', { root: './', csrf: '', form: { csrf, return: back }, problem }), status);
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
