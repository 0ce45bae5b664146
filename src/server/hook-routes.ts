// POST /hooks/:provider/:secret: what mail providers tell of deliveries. There is no route for a provider that is not
// configured, or with another secret; nothing is read of a request before that is known.
import type { Context, Middleware } from 'koa';
import { TelltaleError } from '../base/errors.ts';
import { hookBodyBytesMax } from '../base/limits.ts';
import type { DeliveryStore } from '../deliveries/delivery.ts';
import type { HookRead, Provider } from '../deliveries/provider.ts';
import { type HookSettings, makeHooks } from '../deliveries/read-hooks.ts';
import { tieEvent } from '../deliveries/tie-event.ts';
import type { FetchSns } from '../deliveries/verify-sns.ts';
import type { KeyRing } from '../token/key-ring.ts';
import { answerJson } from './api-data.ts';
import type { Metrics } from './metrics.ts';
import { answerProblem } from './problem.ts';
import { readBody } from './read-body.ts';

export interface HookParts {
  readonly settings: HookSettings;
  readonly fetchSns: FetchSns;
  readonly store: DeliveryStore;
  readonly keys: KeyRing;
  /** Below whose path the hooks are, too. */
  readonly baseUrl: string;
  readonly countTold: Metrics['countTold'];
  readonly now: () => number;
  readonly onProblem: (error: unknown) => void;
}

/** Answers providers. */
export function answerHooks(parts: HookParts): Middleware {
  const hooks = makeHooks(parts.settings, parts.fetchSns);
  const prefix = new URL(parts.baseUrl).pathname.replace(/\/$/, '');
  return async (ctx, next) => {
    const path = ctx.path.startsWith(`${prefix}/hooks/`) ? ctx.path.slice(prefix.length) : ctx.path;
    const [, name = '', secret = ''] = /^\/hooks\/([a-z]+)\/([\w-]+)$/.exec(path) ?? [];
    const read = name === '' ? undefined : hooks.find(name, secret);
    if (read === undefined) return next();
    if (ctx.method !== 'POST') {
      ctx.set('Allow', 'POST');
      return answerProblem(ctx, 405, `${name} tells of deliveries by POST. Set this address as its webhook.`);
    }
    await take(ctx, name, read, parts);
  };
}

async function take(ctx: Context, provider: string, read: Provider, parts: HookParts): Promise<void> {
  const body = await readBody(ctx.req, hookBodyBytesMax);
  if (body === undefined) return answerProblem(ctx, 413, `What is told at once has at most ${hookBodyBytesMax} bytes.`);
  try {
    const answer = await read({ header: (name) => ctx.get(name), body, nowMs: parts.now() });
    await answerTo(ctx, provider, answer, parts);
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== 'FETCH_FAILED') throw error;
    parts.onProblem(error);
    ctx.set('Retry-After', '60');
    answerProblem(ctx, 503, 'What signs this could not be fetched. Send it again.');
  }
}

async function answerTo(ctx: Context, provider: string, read: HookRead, parts: HookParts): Promise<void> {
  const count = (outcome: string, by = 1) => {
    if (by > 0) parts.countTold(provider, outcome, by);
  };
  switch (read.kind) {
    case 'forged':
      count(read.kind);
      return answerProblem(ctx, 403, `This is not from ${provider}: ${read.reason}.`);
    case 'malformed':
      count(read.kind);
      return answerProblem(ctx, 400, `This cannot be read: ${read.reason}.`);
    case 'old':
      // Told again, it would be no newer; so that nobody tries for ever, it is taken, and changes nothing.
      count(read.kind);
      return answerJson(ctx, { accepted: 0, duplicate: 0, unmatched: 0, ignored: 1 });
    case 'told': {
      const tied = read.events.map((event) => tieEvent(parts.keys, event)).filter((delivery) => delivery !== undefined);
      const outcomes = tied.length === 0 ? [] : await parts.store.recordDeliveries(tied);
      const of = (outcome: string) => outcomes.filter((one) => one === outcome).length;
      const [accepted, duplicate, erased] = [of('accepted'), of('duplicate'), of('erased')];
      const unmatched = read.events.length - tied.length;
      count('accepted', accepted);
      count('duplicate', duplicate);
      count('erased', erased);
      count('unmatched', unmatched);
      count('ignored', read.ignored);
      return answerJson(ctx, { accepted, duplicate, unmatched, ignored: read.ignored + erased });
    }
  }
}
