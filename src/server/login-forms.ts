// The CSRF token of the login form, which has no session to belong to: it belongs to the browser that was given the form, by a
// cookie of its own. Another's form, or one that a stranger's page made up, is not taken.
import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { loginFormMs } from '../base/limits.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { BROWSER_BYTES, openLoginForm, sealLoginForm } from '../token/login-token.ts';
import { cookieOf, setCookie } from './cookies.ts';

export interface LoginForms {
  /** Gives the browser that asks a form: what the form has to bring along. */
  give(ctx: Context): string;
  /** Whether a form that came was given to the browser that sends it, and lately. */
  isOurs(ctx: Context, came: string): boolean;
}

export function makeLoginForms({ keys, now }: { readonly keys: KeyRing; readonly now: () => number }): LoginForms {
  return {
    give(ctx) {
      // A browser keeps its number, so that forms in several tabs can be sent.
      const browser = browserOf(ctx) ?? randomBytes(BROWSER_BYTES).toString('base64url');
      setCookie(ctx, 'telltale-login', { value: browser, ms: loginFormMs });
      return sealLoginForm(keys, { browser, untilMs: now() + loginFormMs });
    },
    isOurs(ctx, came) {
      const form = openLoginForm(keys, came);
      return form !== undefined && form.untilMs > now() && form.browser === browserOf(ctx);
    },
  };
}

const BROWSER = /^[\w-]{21}[AQgw]$/;

function browserOf(ctx: Context): string | undefined {
  const cookie = cookieOf(ctx, 'telltale-login');
  return cookie !== undefined && BROWSER.test(cookie) ? cookie : undefined;
}
