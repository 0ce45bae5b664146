// The base URL: where the collector answers, and what every tracked link begins with. Only what is configured here
// ever becomes part of a URL; a request's Host header never does.
import { TelltaleError } from './errors.ts';
import { quote } from './ids.ts';
import { kindOf } from './options.ts';

const PATH = /^[A-Za-z0-9._/-]*$/;

/**
 * Returns the base URL without a trailing slash, for example `https://t.example.com` or `https://example.com/mail`.
 *
 * @throws TelltaleError `INVALID_BASE_URL` unless it is http or https, without userinfo, query or fragment, with a
 *   path of letters, digits, `.`, `_`, `-` and `/` only.
 */
export function parseBaseUrl(text: unknown): string {
  if (typeof text !== 'string' || text.trim() === '') throw refuse('none came');
  if (!/^https?:\/\//i.test(text)) throw refuse(`${quote(text)} does not begin with https:// or http://`);
  if (!URL.canParse(text)) throw refuse(`${quote(text)} is not a URL`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw refuse('it holds a user name or password');
  if (text.includes('#')) throw refuse(`${quote(text)} holds a fragment (#)`);
  if (text.includes('?')) throw refuse(`${quote(text)} holds a query (?)`);
  if (!PATH.test(url.pathname) || url.pathname.includes('//'))
    throw refuse(`the path ${quote(url.pathname)} is not plain`);
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** The base URL, and more addresses of the same collector. */
export type BaseUrls = readonly [string, ...string[]];

/**
 * Reads the base URL and more of its kind; each is kept once.
 *
 * @throws TelltaleError `INVALID_BASE_URL`, `INVALID_OPTION`.
 */
export function parseBaseUrls(baseUrl: unknown, more: unknown = []): BaseUrls {
  if (!Array.isArray(more)) {
    throw new TelltaleError('INVALID_OPTION', `baseUrls must be a list of addresses, but ${kindOf(more)} came.`);
  }
  const first = parseBaseUrl(baseUrl);
  return [first, ...new Set(more.map(parseBaseUrl).filter((url) => url !== first))];
}

/**
 * The one that is asked for; the first when none is.
 *
 * @throws TelltaleError `INVALID_BASE_URL` for one that is not among them.
 */
export function chooseBaseUrl(allowed: BaseUrls, asked: unknown): string {
  if (asked === undefined) return allowed[0];
  const url = parseBaseUrl(asked);
  if (allowed.includes(url)) return url;
  throw new TelltaleError(
    'INVALID_BASE_URL',
    `The collector answers at ${allowed.join(', ')}, but not at ${quote(url)}. Add it to baseUrls, here and where the collector runs.`,
  );
}

function refuse(problem: string): TelltaleError {
  const sentence = 'The base URL must be the https address where your collector answers, like https://t.example.com';
  return new TelltaleError(
    'INVALID_BASE_URL',
    `${sentence}, but ${problem}. Set baseUrl, --base-url or TELLTALE_BASE_URL.`,
  );
}
