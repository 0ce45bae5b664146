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
  const address = auth.addressOf(ctx.req);
  const secondsLeft = await auth.guesses.secondsLeft(address);
  if (secondsLeft > 0) {
    auth.countRefused('rate-limited');
    ctx.set('Retry-After', String(secondsLeft));
    answerProblem(ctx, 429, `Too many invalid API tokens came from this address. Try again in ${secondsLeft} s.`);
    return undefined;
  }
  const token = /^Bearer +(\S{1,200})$/i.exec(ctx.get('Authorization'))?.[1];
  const known = token === undefined ? undefined : await holderOf(token, auth);
  if (known === undefined) {
    // A request without a token guesses nothing.
    if (token !== undefined) await auth.guesses.count(address);
    auth.countRefused('unauthorized');
    ctx.set('WWW-Authenticate', 'Bearer realm="telltale"');
    answerProblem(ctx, 401, 'Send a valid API token: Authorization: Bearer tt_…. Make one with: telltale tokens new.');
    return undefined;
  }
  if (SCOPES.indexOf(known.scope) >= SCOPES.indexOf(needed)) return known;
  answerProblem(ctx, 403, `This needs a token with scope ${needed}; this one has ${known.scope}.`);
  return undefined;
}

async function holderOf(token: string, auth: ApiAuth): Promise<(Caller & { readonly scope: Scope }) | undefined> {
  const isExtra = auth.extraToken !== undefined && timingSafeEqual(hashOf(token), hashOf(auth.extraToken));
  const stored = await auth.store.scopeOfApiToken(token);
  if (isExtra) return { by: 'environment', scope: 'admin' };
  return stored && { by: apiTokenIdOf(token), scope: stored };
}
