// Who may use the API: a bearer token with a scope. Whatever is wrong with a token, the answer is the same.
import { timingSafeEqual } from 'node:crypto';
import type { RouterMiddleware } from '@koa/router';
import type { Context } from 'koa';
import { SCOPES, type Scope } from '../base/nouns.ts';
import { type ApiTokenStore, apiTokenIdOf, hashOf } from '../store/api-tokens.ts';
import type { AddressOf } from './client-address.ts';
import type { GuessLimit } from './guess-limit.ts';
import { answerProblem } from './problem.ts';

export interface ApiAuth {
  readonly store: Pick<ApiTokenStore, 'scopeOfApiToken'>;
  /** One more admin token that is kept nowhere. */
  readonly extraToken: string | undefined;
  readonly addressOf: AddressOf;
  readonly guesses: GuessLimit;
  readonly countRefused: (reason: 'unauthorized' | 'rate-limited') => void;
}

/** Who asks, for the record: the id of an API token, or `environment` for the extra one. */
export interface Caller {
  readonly by: string;
}

/** A handler that runs for those whose token has the scope; the others get 401 or 403. */
export function guarded(
  scope: Scope,
  auth: ApiAuth,
  handle: (ctx: Parameters<RouterMiddleware>[0], caller: Caller) => Promise<void>,
): RouterMiddleware {
  return async (ctx) => {
    const caller = await authorise(ctx, scope, auth);
    if (caller !== undefined) await handle(ctx, caller);
  };
}

/** The caller, when the request may do what needs `scope`; answers 401, 403 or 429 when not. */
export async function authorise(ctx: Context, needed: Scope, auth: ApiAuth): Promise<Caller | undefined> {
  const tried = await tryToken(/^Bearer +(\S{1,200})$/i.exec(ctx.get('Authorization'))?.[1], ctx, auth);
  if (tried.kind === 'wait') {
    ctx.set('Retry-After', String(tried.seconds));
    answerProblem(ctx, 429, `Too many invalid API tokens came from this address. Try again in ${tried.seconds} s.`);
    return undefined;
  }
  if (tried.kind === 'wrong') {
    ctx.set('WWW-Authenticate', CHALLENGE);
    answerProblem(ctx, 401, 'Send a valid API token: Authorization: Bearer tt_…. Make one with: telltale tokens new.');
    return undefined;
  }
  if (SCOPES.indexOf(tried.scope) >= SCOPES.indexOf(needed)) return tried;
  answerProblem(ctx, 403, `This needs a token with scope ${needed}; this one has ${tried.scope}.`);
  return undefined;
}

/** What a 401 asks for. */
export const CHALLENGE = 'Bearer realm="telltale"';

/** What came of a token: whose it is, that it is none, or that its address has to wait. */
export type Tried =
  | (Caller & { readonly kind: 'known'; readonly scope: Scope })
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number };

/** Tries a token that a request brought, and counts it against the address when it is none. */
export async function tryToken(token: string | undefined, ctx: Context, auth: ApiAuth): Promise<Tried> {
  const address = auth.addressOf(ctx.req);
  const seconds = await auth.guesses.secondsLeft(address);
  if (seconds > 0) {
    auth.countRefused('rate-limited');
    return { kind: 'wait', seconds };
  }
  const known = token === undefined ? undefined : await holderOf(token, auth);
  if (known !== undefined) return { kind: 'known', ...known };
  // A request without a token guesses nothing.
  if (token !== undefined) await auth.guesses.count(address);
  auth.countRefused('unauthorized');
  return { kind: 'wrong' };
}

/** Whose a token is now. */
export async function holderOf(
  token: string,
  auth: Pick<ApiAuth, 'store' | 'extraToken'>,
): Promise<(Caller & { readonly scope: Scope }) | undefined> {
  const isExtra = auth.extraToken !== undefined && timingSafeEqual(hashOf(token), hashOf(auth.extraToken));
  const stored = await auth.store.scopeOfApiToken(token);
  if (isExtra) return { by: 'environment', scope: 'admin' };
  return stored && { by: apiTokenIdOf(token), scope: stored };
}
