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
import type { Tracker } from '../track/create-tracker.ts';
import {
  answerMethodNotAllowed,
  answerOptions,
  answerPixel,
  answerRedirect,
  answerUnreadable,
  type Outcome,
} from './answer.ts';
import { type CollectorContext, makeHit } from './make-hit.ts';
import { answerPage } from './pages.ts';
import { routesOf } from './routes-of.ts';
import { answerUnsubscribe } from './unsubscribe.ts';

export interface CollectorOptions {
  /** The tracker whose mail comes back here: its keys, its base URL. */
  readonly tracker: Pick<Tracker, 'baseUrl' | 'keys'>;
  /** Where hits are written before they are answered. */
  readonly journal: Pick<Journal, 'append'>;
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
  checkOptionNames(options, ['tracker', 'journal', 'abuseContact', 'now'], 'collector');
  const context: CollectorContext = {
    keys: options.tracker.keys,
    baseUrl: options.tracker.baseUrl,
    abuseContact: options.abuseContact ?? `abuse@${new URL(options.tracker.baseUrl).hostname}`,
    append: (hit) => options.journal.append(hit),
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
  if (opened.key.revoked) return { ignored: 'revoked' };
  const level = opened.token.consent.opens;
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
    const outcome = await recordClick(ctx, context, opened);
    return ctx.method === 'OPTIONS'
      ? answerOptions(ctx, ALLOW, outcome)
      : answerRedirect(ctx, opened.link.destination, outcome);
  };
}

type OpenedClick =
  | { readonly kind: 'invalid' }
  | { readonly kind: 'revoked'; readonly key: RingKey }
  | { readonly kind: 'valid'; readonly token: HitToken; readonly link: HitLink };

function openClick(ctx: RouterCtx, context: CollectorContext): OpenedClick {
  const text = ctx.params.token ?? '';
  const linkText = ctx.params.link ?? '';
  if (text.length > tokenCharsMax || linkText.length > tokenCharsMax) return { kind: 'invalid' };
  const opened = openHitToken(context.keys, text);
  if (!opened.ok) return { kind: 'invalid' };
  const link = openLinkToken(opened.key, opened.token.message, linkText);
  if (!link.ok) return { kind: 'invalid' };
  if (opened.key.revoked) return { kind: 'revoked', key: opened.key };
  const destination = parseDestination(link.link.destination);
  if (!destination.ok) return { kind: 'invalid' };
  return { kind: 'valid', token: opened.token, link: { ...link.link, destination: destination.url } };
}

async function recordClick(
  ctx: RouterCtx,
  context: CollectorContext,
  { token, link }: { readonly token: HitToken; readonly link: HitLink },
): Promise<Outcome> {
  const sealed = token.consent.clicks;
  if (sealed === 'none') return { ignored: 'consent' };
  // An explicit click is counted under a privacy signal, but without the person.
  const level = saysNo(ctx) ? 'aggregate' : sealed;
  return { durable: await context.append(makeHit(ctx, context, { kind: 'click', token, level, link })) };
}

/** Global Privacy Control, or Do Not Track. */
function saysNo(ctx: Context): boolean {
  return ctx.get('Sec-GPC') === '1' || ctx.get('DNT') === '1';
}

type RouterCtx = Parameters<RouterMiddleware>[0];
