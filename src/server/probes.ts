// What watches a server: `/healthz`, `/readyz` and `/metrics`.
import type { Context, Middleware } from 'koa';
import { isLoopbackName } from '../base/loopback-name.ts';
import type { AddressOf } from './client-address.ts';
import type { Metrics } from './metrics.ts';

/** Why a server should get no more requests: it is behind the store's control state, or its journal cannot take hits. */
export type Readiness = 'ready' | 'behind' | 'full' | 'failing';

/**
 * Answers the two probes with one word each: the process answers; it takes hits and knows what is in force. A server that
 * cannot tell its readers apart goes on taking hits, so it is ready, and says `misconfigured`.
 */
export function answerProbes(
  readiness: () => Readiness | Promise<Readiness>,
  isMisconfigured: () => boolean = () => false,
): Middleware {
  return async (ctx, next) => {
    const isProbe = ctx.path === '/healthz' || ctx.path === '/readyz';
    if (!isProbe || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    const word = ctx.path === '/healthz' ? 'ok' : await readiness();
    const isReady = word === 'ok' || word === 'ready';
    ctx.set('Cache-Control', 'no-store');
    ctx.status = isReady ? 200 : 503;
    ctx.body = word === 'ready' && isMisconfigured() ? 'misconfigured' : word;
  };
}

/** Answers `/metrics` for this machine itself, and for whoever `mayRead`. */
export function answerMetrics(
  metrics: Pick<Metrics, 'contentType' | 'text'>,
  mayRead: (ctx: Context) => Promise<boolean>,
  addressOf: AddressOf,
): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== '/metrics' || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
    if (!isThisMachine(ctx, addressOf) && !(await mayRead(ctx))) return;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = await metrics.text();
    ctx.set('Content-Type', metrics.contentType);
  };
}

/** A connection from the loopback that no proxy speaks through: to a proxy on this machine, all the world is local. */
function isThisMachine(ctx: Context, addressOf: AddressOf): boolean {
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'].some(
    (name) => ctx.headers[name] !== undefined,
  );
  const address = addressOf(ctx.req);
  return !isForwarded && (address === '::1' || address.startsWith('127.')) && isLoopbackName(ctx.hostname);
}
