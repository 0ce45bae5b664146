// How the collector answers, as plain values: one form goes to a socket, the other through Koa. Its own redirect and
// its own headers: nothing a stranger sent is ever put into one, and no answer may be cached, indexed or leak where the
// reader came from.
import type { ServerResponse } from 'node:http';
import type { Context } from 'koa';

export interface Answer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** 43 bytes: one transparent pixel, complete by GIF89a. */
const GIF: Buffer = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

/** Why a request left no hit: the token is not ours, was revoked, or the reader does not want it. */
export type IgnoredReason = 'invalid' | 'revoked' | 'consent' | 'privacy-signal' | ConversionProblem;

/** What is wrong with a conversion: a shop has to mend it, so it is told more than a stranger is of a token. */
export type ConversionProblem =
  | 'no-click'
  | 'click-invalid'
  | 'click-expired'
  | 'order-invalid'
  | 'value-invalid'
  | 'currency-invalid'
  | 'seal-invalid';

/** What became of the hit, told in a header. */
export type Outcome = { readonly durable: boolean } | { readonly ignored: IgnoredReason };

const NOTHING = Buffer.alloc(0);
const COMMON = ['Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer', 'X-Robots-Tag', 'noindex'] as const;

/** The pixel. */
export function pixelAnswer(outcome: Outcome | undefined): Answer {
  if (outcome === undefined || 'ignored' in outcome) return makePixel(outcome);
  return outcome.durable ? DURABLE_PIXEL : NOT_DURABLE_PIXEL;
}

function makePixel(outcome: Outcome | undefined): Answer {
  const headers = ['Content-Type', 'image/gif', 'Content-Length', String(GIF.length), ...outcomeHeaders(outcome)];
  return { status: 200, headers, body: GIF };
}

/** A redirect; `destination` has been checked and is pure ASCII. */
export function redirectAnswer(destination: string, outcome: Outcome): Answer {
  return emptyAnswer(302, ['Location', destination, ...outcomeHeaders(outcome)]);
}

/** What may be asked, and nothing else. */
export function optionsAnswer(allow: string, outcome?: Outcome): Answer {
  return { status: 204, headers: ['Allow', allow, ...outcomeHeaders(outcome)], body: NOTHING };
}

/** For a method that has no meaning here. */
export function methodNotAllowedAnswer(allow: string): Answer {
  return emptyAnswer(405, ['Allow', allow, ...outcomeHeaders()]);
}

/** A status that says all there is to say. */
export function emptyAnswer(status: number, headers: readonly string[] = outcomeHeaders()): Answer {
  return { status, headers: ['Content-Length', '0', ...headers], body: NOTHING };
}

/** The headers every answer of the collector carries, with what became of the hit. */
export function outcomeHeaders(outcome?: Outcome): readonly string[] {
  if (outcome === undefined) return COMMON;
  if ('ignored' in outcome) return [...COMMON, 'Telltale-Ignored', outcome.ignored];
  return outcome.durable ? DURABLE : NOT_DURABLE;
}

const DURABLE = [...COMMON, 'Telltale-Durable', 'yes'];
const NOT_DURABLE = [...COMMON, 'Telltale-Durable', 'no'];
const DURABLE_PIXEL = makePixel({ durable: true });
const NOT_DURABLE_PIXEL = makePixel({ durable: false });

/** Writes an answer to a socket. As text, since Node joins that with the head: one write in place of two. */
export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers as string[]);
  response.end(body.toString('latin1'), 'latin1');
}

/** Gives an answer to Koa. */
export function giveAnswer(ctx: Context, { status, headers, body }: Answer): void {
  ctx.status = status;
  ctx.body = status === 204 ? null : body;
  ctx.remove('Content-Type');
  for (let at = 0; at < headers.length; at += 2) ctx.set(headers[at] ?? '', headers[at + 1] ?? '');
}

/** Sets the headers every answer carries. */
export function setCommonHeaders(ctx: Context): void {
  for (let at = 0; at < COMMON.length; at += 2) ctx.set(COMMON[at] ?? '', COMMON[at + 1] ?? '');
}
