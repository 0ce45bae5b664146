// Sessions of the pages: a cookie that holds the API token it was opened with, sealed. A session ends after 12 hours, at once
// when its token is revoked, and when its key is; it outlives a restart, and any process of a service knows it.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { sessionMs } from '../base/limits.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { openSession, sealSession } from '../token/session-token.ts';
import { type ApiAuth, holderOf } from './api-auth.ts';
import { cookieOf, setCookie } from './cookies.ts';

export interface Sessions {
  /** The session of a request that may read; nothing when it has none. */
  find(ctx: Context): Promise<OpenSession | undefined>;
  /** Gives the browser that asks a session of this token. */
  begin(ctx: Context, apiToken: string): void;
  /** Takes it away again. */
  end(ctx: Context): void;
}

export interface OpenSession {
  /** What each form has to bring along. Only pages of this session have it. */
  readonly csrf: string;
}

export function makeSessions(of: {
  readonly keys: KeyRing;
  readonly auth: Pick<ApiAuth, 'store' | 'extraToken'>;
  readonly now: () => number;
}): Sessions {
  const { keys, auth, now } = of;
  return {
    async find(ctx) {
      const sealed = cookieOf(ctx, 'telltale');
      const session = sealed === undefined ? undefined : openSession(keys, sealed);
      if (sealed === undefined || session === undefined || session.untilMs <= now()) return undefined;
      const holder = await holderOf(session.apiToken, auth);
      return holder && { csrf: csrfOf(sealed) };
    },
    begin(ctx, apiToken) {
      const value = sealSession(keys, { apiToken, untilMs: now() + sessionMs });
      setCookie(ctx, 'telltale', { value, ms: sessionMs });
    },
    end: (ctx) => setCookie(ctx, 'telltale', { value: '', ms: 0 }),
  };
}

/** Whether a form brought the CSRF token of its session. */
export function isCsrfRight({ csrf }: OpenSession, came: string): boolean {
  return timingSafeEqual(digest(came), digest(csrf));
}

/** A hash of the cookie: nobody but its pages knows the cookie, and nothing of it can be told from the hash. */
function csrfOf(sealed: string): string {
  return digest(`csrf ${sealed}`).toString('base64url');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
