// Makes the hit of a request: what is kept of it, and nothing else.
import { randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { headerCharsMax, userAgentCharsMax } from '../base/limits.ts';
import type { ConsentLevel, Hit, HitKind, HitLink } from '../base/nouns.ts';
import type { KeyRing } from '../token/key-ring.ts';

/** What the collector's parts share. */
export interface CollectorContext {
  readonly keys: KeyRing;
  readonly baseUrl: string;
  readonly abuseContact: string;
  readonly append: (hit: Hit) => Promise<boolean>;
  readonly now: () => number;
}

/** The only headers kept with a hit: those that verdicts look at. */
const KEPT_HEADERS = ['user-agent', 'accept-language', 'sec-purpose', 'purpose', 'x-purpose', 'x-moz'];

/** The hit of a request, with the id that makes it one: 6 bytes of time, 10 of chance. */
export function makeHit(
  ctx: Context,
  context: CollectorContext,
  of: {
    readonly kind: HitKind;
    readonly token: { readonly message: string; readonly recipient: string | null; readonly test: boolean };
    readonly level: Exclude<ConsentLevel, 'none'>;
    readonly link: HitLink | null;
  },
): Hit {
  const atMs = context.now();
  const names = of.level === 'individual';
  return {
    id: atMs.toString(16).padStart(12, '0') + randomBytes(10).toString('hex'),
    kind: of.kind,
    message: of.token.message,
    recipient: names ? of.token.recipient : null,
    level: names && of.token.recipient !== null ? 'individual' : 'aggregate',
    test: of.token.test,
    link: of.link,
    repeat: false,
    peer: null,
    atMs,
    method: ctx.method,
    headers: keptHeaders(ctx),
  };
}

function keptHeaders(ctx: Context): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = ctx.get(name);
    if (value !== '') kept[name] = value.slice(0, name === 'user-agent' ? userAgentCharsMax : headerCharsMax);
  }
  return kept;
}
