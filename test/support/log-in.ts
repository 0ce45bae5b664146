// A browser's session with the pages, without a browser: forms as browsers send them, cookies kept by hand.
import { type Answer, ask } from './service.ts';

export interface LoggedIn {
  readonly cookie: string;
  /** The page at a path. */
  get(path: string): Promise<Answer>;
}

/** Sends the login form as a browser does; `headers` replace its own. */
export function sendLogin(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return sendForm(`${url}/login`, fields, headers);
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

/** The cookies that an answer sets, each as a browser sends it back. */
export function cookieOf(answer: Answer): string {
  return setCookieOf(answer).split(';')[0] ?? '';
}

export function setCookieOf({ headers }: Answer): string {
  const set = headers['set-cookie'];
  return typeof set === 'string' ? set : (set?.[0] ?? '');
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
