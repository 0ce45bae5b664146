// The collector: opens the token of a request, writes the hit to the journal, answers. It asks no database, believes
// nothing a stranger sent, and answers whatever happens. A Koa middleware: mount it in an app of your own, or let
// createApp do it.
import type { RouterMiddleware } from '@koa/router';
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { parseDestination } from '../base/destination.ts';
import { tokenCharsMax } from '../base/limits.ts';
import type { HitLink } from '../base/nouns.ts';
import { checkOptionNames } from '../base/options.ts';
import type { Journal } from '../journal/open-journal.ts';
import { type HitToken, openHitToken } from '../token/hit-token.ts';
import type { RingKey } from '../token/key-ring.ts';
import { openLinkToken } from '../token/link-token.ts';
import { readShortLinkToken } from '../token/short-link-token.ts';
import type { Tracker } from '../track/create-tracker.ts';
import {
  answerMethodNotAllowed,
  answerOptions,
  answerPixel,
  answerRedirect,
  answerUnreadable,
  type Outcome,
} from './answer.ts';
import { type ControlState, levelNow, NO_CONTROL } from './control-state.ts';
import { type CollectorContext, makeHit } from './make-hit.ts';
import { answerPage } from './pages.ts';
import { routesOf } from './routes-of.ts';
import { answerUnsubscribe } from './unsubscribe.ts';

export interface CollectorOptions {
  /** The tracker whose mail comes back here: its keys, its base URL. */
  readonly tracker: Pick<Tracker, 'baseUrl' | 'keys'>;
  /** Where hits are written before they are answered. */
  readonly journal: Pick<Journal, 'append'>;
  /** What is revoked, corrected, withdrawn, and where short links lead. @default nothing; short links answer 404 */
  readonly control?: ControlState | undefined;
  /** Whom the page of a revoked link names. @default abuse@ and the base URL's host (RFC 2142) */
  readonly abuseContact?: string | undefined;
  /** The clock, in milliseconds. @default Date.now */
  readonly now?: (() => number) | undefined;
}

const METHODS = ['GET', 'HEAD', 'OPTIONS'];
const ALLOW = METHODS.join(', ');

/**
 * Makes the middleware for `/o/`, `/c/` and `/u/`, under the base URL's path and without it. Everything else is left
 * to the next middleware.
 */
export function collector(options: CollectorOptions): Middleware {
  checkOptionNames(options, ['tracker', 'journal', 'control', 'abuseContact', 'now'], 'collector');
  const context: CollectorContext = {
    keys: options.tracker.keys,
    baseUrl: options.tracker.baseUrl,
    abuseContact: options.abuseContact ?? `abuse@${new URL(options.tracker.baseUrl).hostname}`,
    append: (hit) => options.journal.append(hit),
    control: options.control ?? NO_CONTROL,
    now: options.now ?? Date.now,
  };
  const router = new Router();
  router.all('/o/:token', pixelHandler(context));
  router.all('/c/:token/:link', clickHandler(context));
  router.all('/u/:token', (ctx) => answerUnsubscribe(ctx, ctx.params.token ?? '', context));
  return withoutBasePath(new URL(context.baseUrl).pathname, routesOf(router));
}

/** Answers under the base path too. */
function withoutBasePath(basePath: string, routes: Middleware): Middleware {
  const prefix = basePath.replace(/\/+$/, '').toLowerCase();
  return async (ctx, next) => {
    const path = pathOf(ctx);
    if (path === undefined) return answerUnreadable(ctx);
    const isBelow = prefix !== '' && path.toLowerCase().startsWith(`${prefix}/`);
    if (isBelow) ctx.path = path.slice(prefix.length);
    await routes(ctx, async () => {
      ctx.path = path;
      await next();
    });
  };
}

/** The path of a request; nothing for an absolute form (`GET http://[/o/…`) that is no URL. */
function pathOf(ctx: Context): string | undefined {
  try {
    return ctx.path;
  } catch {
    return undefined;
  }
}

function pixelHandler(context: CollectorContext): RouterMiddleware {
  return async (ctx) => {
    if (!METHODS.includes(ctx.method)) return answerMethodNotAllowed(ctx, ALLOW);
    const outcome = await recordOpen(ctx, context);
    return ctx.method === 'OPTIONS' ? answerOptions(ctx, ALLOW, outcome) : answerPixel(ctx, outcome);
  };
}

async function recordOpen(ctx: RouterCtx, context: CollectorContext): Promise<Outcome> {
  const text = ctx.params.token ?? '';
  if (text.length > tokenCharsMax || !/\.gif$/i.test(text)) return { ignored: 'invalid' };
  const opened = openHitToken(context.keys, text.slice(0, -'.gif'.length));
  if (!opened.ok) return { ignored: 'invalid' };
  const { message } = opened.token;
  if (opened.key.revoked || context.control.isRevoked({ message })) return { ignored: 'revoked' };
  const level = levelNow(opened.token, 'opens', context.control);
  if (level === 'none') return { ignored: 'consent' };
  if (saysNo(ctx)) return { ignored: 'privacy-signal' };
  return {
    durable: await context.append(makeHit(ctx, context, { kind: 'open', token: opened.token, level, link: null })),
  };
}

function clickHandler(context: CollectorContext): RouterMiddleware {
  return async (ctx) => {
    if (!METHODS.includes(ctx.method)) return answerMethodNotAllowed(ctx, ALLOW);
    const opened = openClick(ctx, context);
    if (opened.kind === 'invalid') return answerPage(ctx, 404, 'link-not-found', {}, { ignored: 'invalid' });
    if (opened.kind === 'revoked') {
      return answerPage(ctx, 410, 'link-revoked', { contact: context.abuseContact }, { ignored: 'revoked' });
    }
    if (opened.kind === 'not-yet') {
      ctx.set('Retry-After', RETRY_AFTER_SECONDS);
      return answerPage(ctx, 503, 'link-not-ready', {});
    }
    const outcome = await recordClick(ctx, context, opened);
    return ctx.method === 'OPTIONS' ? answerOptions(ctx, ALLOW, outcome) : answerRedirect(ctx, opened.leadsTo, outcome);
  };
}

/** A new set of short links is in the mirror after a second or two. */
const RETRY_AFTER_SECONDS = '5';

type OpenedClick =
  | { readonly kind: 'invalid' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'not-yet' }
  | {
      readonly kind: 'valid';
      readonly token: HitToken;
      readonly link: HitLink;
      /** The link's destination, or what it was corrected to. */
      readonly leadsTo: string;
    };

function openClick(ctx: RouterCtx, context: CollectorContext): OpenedClick {
  const text = ctx.params.token ?? '';
  const linkText = ctx.params.link ?? '';
  if (text.length > tokenCharsMax || linkText.length > tokenCharsMax) return { kind: 'invalid' };
  const opened = openHitToken(context.keys, text);
  if (!opened.ok) return { kind: 'invalid' };
  const { message } = opened.token;
  const found = openLink(opened.key, message, linkText, context.control);
  if (found === 'invalid') return { kind: 'invalid' };
  if (opened.key.revoked || context.control.isRevoked({ message })) return { kind: 'revoked' };
  if (found === 'not-yet') return { kind: 'not-yet' };
  const corrected = context.control.destinationOf({ message, index: found.index });
  const destination = parseDestination(found.destination);
  const leadsTo = corrected === undefined ? destination : parseDestination(corrected);
  if (!destination.ok || !leadsTo.ok) return { kind: 'invalid' };
  if (context.control.isRevoked({ message, link: found.index, destination: leadsTo.url })) return { kind: 'revoked' };
  const link = { ...found, destination: destination.url };
  return { kind: 'valid', token: opened.token, link, leadsTo: leadsTo.url };
}

/** Reads L in either form. */
function openLink(key: RingKey, message: string, text: string, control: ControlState): HitLink | 'invalid' | 'not-yet' {
  const short = readShortLinkToken(text);
  if (short === undefined) {
    const opened = openLinkToken(key, message, text);
    return opened.ok ? opened.link : 'invalid';
  }
  const found = control.shortLink(message, short.set, short.index);
  if (found === 'not-mirrored') return 'not-yet';
  return found === 'unknown' ? 'invalid' : { ...found, index: short.index, honeypot: false };
}

async function recordClick(
  ctx: RouterCtx,
  context: CollectorContext,
  { token, link }: { readonly token: HitToken; readonly link: HitLink },
): Promise<Outcome> {
  const allowed = levelNow(token, 'clicks', context.control);
  if (allowed === 'none') return { ignored: 'consent' };
  // An explicit click is counted under a privacy signal, but without the person.
  const level = saysNo(ctx) ? 'aggregate' : allowed;
  return { durable: await context.append(makeHit(ctx, context, { kind: 'click', token, level, link })) };
}

/** Global Privacy Control, or Do Not Track. */
function saysNo(ctx: Context): boolean {
  return ctx.get('Sec-GPC') === '1' || ctx.get('DNT') === '1';
}

type RouterCtx = Parameters<RouterMiddleware>[0];
