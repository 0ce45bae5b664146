// Sessions of the pages: a cookie that holds the API token it was opened with, sealed. A session ends after 12 hours, at once
// when its token is revoked, and when its key is; it outlives a restart, and any process of a service knows it.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';
import { sessionMs } from '../base/limits.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { openSession, sealSession } from '../token/session-token.ts';
import { type ApiAuth, holderOf } from './api-auth.ts';
import { isLoopbackName } from './loopback-name.ts';

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

/** Over https a cookie that no neighbouring host can set; browsers refuse that one over plain http, which is for the loopback alone. */
const SECURE_NAME = '__Host-telltale';
const PLAIN_NAME = 'telltale';
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';

export function makeSessions(of: {
  readonly keys: KeyRing;
  readonly auth: Pick<ApiAuth, 'store' | 'extraToken'>;
  readonly now: () => number;
}): Sessions {
  const { keys, auth, now } = of;
  return {
    async find(ctx) {
      const sealed = ctx.cookies.get(SECURE_NAME) ?? (isLoopback(ctx) ? ctx.cookies.get(PLAIN_NAME) : undefined);
      const session = sealed === undefined ? undefined : openSession(keys, sealed);
      if (sealed === undefined || session === undefined || session.untilMs <= now()) return undefined;
      const holder = await holderOf(session.apiToken, auth);
      return holder && { csrf: csrfOf(sealed) };
    },
    begin(ctx, apiToken) {
      setCookie(ctx, sealSession(keys, { apiToken, untilMs: now() + sessionMs }), Math.floor(sessionMs / 1_000));
    },
    end: (ctx) => setCookie(ctx, '', 0),
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

/** By hand: Koa refuses secure cookies on a connection that is not, and TLS ends in front of us. */
function setCookie(ctx: Context, value: string, maxAge: number): void {
  const isPlain = isLoopback(ctx) && !ctx.get('Origin').startsWith('https:');
  const name = isPlain ? `${PLAIN_NAME}=${value}` : `${SECURE_NAME}=${value}; Secure`;
  ctx.append('Set-Cookie', `${name}; ${ATTRIBUTES}; Max-Age=${maxAge}`);
}

/** Whether the request names this machine itself. */
function isLoopback(ctx: Context): boolean {
  return isLoopbackName(ctx.hostname);
}
