// Who may use the API: a bearer token with a scope. Whatever is wrong with a token, the answer is the same.
import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { SCOPES, type Scope } from '../base/nouns.ts';
import { type ApiTokenStore, hashOf } from '../store/api-tokens.ts';
import { answerProblem } from './problem.ts';

export interface ApiAuth {
  readonly store: Pick<ApiTokenStore, 'scopeOfApiToken'>;
  /** One more admin token that is kept nowhere. */
  readonly extraToken: string | undefined;
}

/** Whether the request may do what needs `scope`; answers 401 or 403 when not. */
export async function authorise(ctx: Context, needed: Scope, auth: ApiAuth): Promise<boolean> {
  const token = /^Bearer +(\S{1,200})$/i.exec(ctx.get('Authorization'))?.[1];
  const scope = token === undefined ? undefined : await scopeOf(token, auth);
  if (scope === undefined) {
    ctx.set('WWW-Authenticate', 'Bearer realm="telltale"');
    answerProblem(ctx, 401, 'Send a valid API token: Authorization: Bearer tt_…. Make one with: telltale tokens new.');
    return false;
  }
  if (SCOPES.indexOf(scope) >= SCOPES.indexOf(needed)) return true;
  answerProblem(ctx, 403, `This needs a token with scope ${needed}; this one has ${scope}.`);
  return false;
}

async function scopeOf(token: string, auth: ApiAuth): Promise<Scope | undefined> {
  const isExtra = auth.extraToken !== undefined && timingSafeEqual(hashOf(token), hashOf(auth.extraToken));
  const stored = await auth.store.scopeOfApiToken(token);
  return isExtra ? 'admin' : stored;
}
