// Cookies of the pages. Over https under a name that no neighbouring host can set; browsers refuse that one over plain http,
// which is for the loopback alone.
import type { Context } from 'koa';
import { isLoopbackName } from '../base/loopback-name.ts';

export type CookieName = 'telltale' | 'telltale-login';

const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';

/** What the browser has under a name. */
export function cookieOf(ctx: Context, name: CookieName): string | undefined {
  return ctx.cookies.get(`__Host-${name}`) ?? (isLoopback(ctx) ? ctx.cookies.get(name) : undefined);
}

/** Gives the browser a cookie. By hand: Koa refuses secure ones on a connection that is not, and TLS ends in front of us. */
export function setCookie(ctx: Context, name: CookieName, of: { readonly value: string; readonly ms: number }): void {
  const isPlain = isLoopback(ctx) && !ctx.get('Origin').startsWith('https:');
  const pair = isPlain ? `${name}=${of.value}` : `__Host-${name}=${of.value}; Secure`;
  ctx.append('Set-Cookie', `${pair}; ${ATTRIBUTES}; Max-Age=${Math.floor(of.ms / 1_000)}`);
}

/** Whether the request names this machine itself. */
function isLoopback(ctx: Context): boolean {
  return isLoopbackName(ctx.hostname);
}
