// The one script of our pages: it keeps the figures of an open report as they are now. Without it a reload shows them.
import { readFileSync } from 'node:fs';
import type { Context } from 'koa';
import { packageRoot } from '../base/package-root.ts';
import { setCommonHeaders } from './answer.ts';

const SCRIPT = readFileSync(new URL('templates/pages/live.js', packageRoot));

/** Answers with the script; it is the same for everybody. */
export async function giveLiveScript(ctx: Context): Promise<void> {
  setCommonHeaders(ctx);
  ctx.set('Cache-Control', 'no-cache');
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cross-Origin-Resource-Policy', 'same-origin');
  ctx.status = 200;
  ctx.body = SCRIPT;
  ctx.type = 'text/javascript; charset=utf-8';
}
