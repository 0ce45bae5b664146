// The script for shops: GET /telltale.js. It keeps a click id on the shop's own site, for as long as the attribution window
// is, and fires the conversion pixel. Under 1 kB, no dependency; templates/script/telltale.js is all of it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packageRoot } from '../base/package-root.ts';
import { type Answer, emptyAnswer, methodNotAllowedAnswer } from './answer.ts';
import type { CollectRequest } from './make-hit.ts';

const ALLOW = 'GET, HEAD';

/** Makes what answers the script; `windowMs` is the attribution window. */
export function prepareShopScript(windowMs: number): (request: CollectRequest) => Answer {
  const source = readFileSync(new URL('templates/script/telltale.js', packageRoot), 'utf8');
  const text = source.replace('MAX_AGE', String(Math.round(windowMs / 1_000))).replace(/\n\s*/g, '');
  const body = Buffer.from(text);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = [
    // An hour: a shop's page waits for it, and what changes in it is in force the same day.
    ...['Cache-Control', 'public, max-age=3600', 'ETag', tag, 'X-Content-Type-Options', 'nosniff'],
    // Pages that isolate themselves take it as well.
    ...['Cross-Origin-Resource-Policy', 'cross-origin', 'Access-Control-Allow-Origin', '*'],
  ];
  const type = ['Content-Type', 'text/javascript; charset=utf-8', 'Content-Length', String(body.length)];
  return ({ method, headers: asked }) => {
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowedAnswer(ALLOW);
    if (asked['if-none-match'] === tag) return emptyAnswer(304, headers);
    return { status: 200, headers: [...type, ...headers], body };
  };
}
