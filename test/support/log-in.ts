// A browser's session with the pages, without a browser: forms as browsers send them, cookies kept by hand.
import { type Answer, ask } from './service.ts';

export interface LoggedIn {
  readonly cookie: string;
  /** The page at a path. */
  get(path: string): Promise<Answer>;
}

/** Gets the login form and sends it as a browser does; `headers` replace its own. */
export async function sendLogin(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { cookie, csrf } = await getLoginForm(url, headers);
  return sendForm(`${url}/login`, { csrf, ...fields }, { cookie, ...headers });
}

/** A login form: the cookie that came with it, and its CSRF token. */
export async function getLoginForm(
  url: string,
  { host }: Readonly<Record<string, string>> = {},
): Promise<{ readonly cookie: string; readonly csrf: string }> {
  const form = await ask(`${url}/login`, host === undefined ? {} : { headers: { host } });
  return { cookie: cookieOf(form, 'telltale-login'), csrf: csrfIn(form) };
}

/** Sends a form as a page of the same origin does. */
export function sendForm(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const own = { origin: new URL(url).origin, 'content-type': 'application/x-www-form-urlencoded' };
  return ask(url, { method: 'POST', headers: { ...own, ...headers }, body: String(new URLSearchParams(fields)) });
}

/** A cookie that an answer sets, as a browser sends it back; the session's unless another is named. */
export function cookieOf(answer: Answer, name = 'telltale'): string {
  return setCookieOf(answer, name).split(';')[0] ?? '';
}

/** The line that sets it; empty when none does. */
export function setCookieOf({ headers }: Answer, name = 'telltale'): string {
  const lines = [headers['set-cookie'] ?? []].flat();
  return lines.find((line) => line.startsWith(`${name}=`) || line.startsWith(`__Host-${name}=`)) ?? '';
}

/** Logs in. */
export async function logIn(url: string, token: string): Promise<LoggedIn> {
  const cookie = cookieOf(await sendLogin(url, { token }));
  return { cookie, get: (path) => ask(url + path, { headers: { cookie } }) };
}

/** The CSRF token in a page. */
export function csrfIn({ text }: Answer): string {
  return /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
}
