// The collector's core: opens the token of a request, writes the hit to the journal, answers. It asks no database,
// believes nothing a stranger sent, and answers whatever happens. It knows no Koa: `serve` asks it before Koa sees a
// request, and the middleware asks the same function.
import { parseDestination } from '../base/destination.ts';
import { tokenCharsMax } from '../base/limits.ts';
import type { HitLink } from '../base/nouns.ts';
import { type HitToken, openHitToken } from '../token/hit-token.ts';
import { openLinkToken } from '../token/link-token.ts';
import {
  type Answer,
  methodNotAllowedAnswer,
  type Outcome,
  optionsAnswer,
  pixelAnswer,
  redirectAnswer,
} from './answer.ts';
import { type CollectContext, type CollectRequest, headerOf, makeHit } from './make-hit.ts';
import { pageAnswer } from './pages.ts';
import { answerUnsubscribe } from './unsubscribe.ts';

/** Answers a request for a tracking path; nothing when the path is another. */
export type Collect = (request: CollectRequest, path: string) => Promise<Answer> | undefined;

const METHODS = ['GET', 'HEAD', 'OPTIONS'];
const ALLOW = METHODS.join(', ');

/** Makes the core for `/o/`, `/c/` and `/u/`, under the base URL's path and without it. */
export function makeCollect(context: CollectContext): Collect {
  const prefix = new URL(context.baseUrl).pathname.replace(/\/+$/, '').toLowerCase();
  return (request, path) => {
    const isBelow = prefix !== '' && path.slice(0, prefix.length).toLowerCase() === prefix;
    const parts = (isBelow ? path.slice(prefix.length) : path).split('/', PARTS_MAX);
    const [before, kind, token, link] = parts;
    if (before !== '' || kind === undefined || token === undefined || token === '') return undefined;
    switch (kind) {
      case 'o':
      case 'O':
        return parts.length === 3 ? answerOpen(request, token, context) : undefined;
      case 'c':
      case 'C':
        return parts.length === 4 ? answerClick(request, { token, link: link ?? '' }, context) : undefined;
      case 'u':
      case 'U':
        return parts.length === 3 ? answerUnsubscribe(request, token, context) : undefined;
      default:
        return undefined;
    }
  };
}

/** One part more than the longest tracking path has. */
const PARTS_MAX = 5;

async function answerOpen(request: CollectRequest, text: string, context: CollectContext): Promise<Answer> {
  const { method = '' } = request;
  if (!METHODS.includes(method)) return methodNotAllowedAnswer(ALLOW);
  const outcome = await recordOpen(request, text, context);
  return method === 'OPTIONS' ? optionsAnswer(ALLOW, outcome) : pixelAnswer(outcome);
}

async function recordOpen(request: CollectRequest, text: string, context: CollectContext): Promise<Outcome> {
  const ignore = (ignored: 'invalid' | 'revoked' | 'consent' | 'privacy-signal', reason: string = ignored): Outcome => {
    context.countIgnored('open', reason);
    return { ignored };
  };
  if (text.length > tokenCharsMax || !/\.gif$/i.test(text)) return ignore('invalid', 'malformed');
  const opened = openHitToken(context.keys, text.slice(0, -'.gif'.length));
  if (!opened.ok) return ignore('invalid', opened.reason);
  if (opened.key.revoked) return ignore('revoked', 'revoked-key');
  const level = opened.token.consent.opens;
  if (level === 'none') return ignore('consent');
  if (saysNo(request)) return ignore('privacy-signal');
  const hit = makeHit(request, context, { kind: 'open', token: opened.token, level, link: null });
  return { durable: await context.append(hit) };
}

interface ClickTexts {
  readonly token: string;
  readonly link: string;
}

async function answerClick(request: CollectRequest, texts: ClickTexts, context: CollectContext): Promise<Answer> {
  const { method = '' } = request;
  if (!METHODS.includes(method)) return methodNotAllowedAnswer(ALLOW);
  const opened = openClick(texts, context);
  if (opened.kind === 'invalid') {
    context.countIgnored('click', opened.reason);
    return pageAnswer(404, 'link-not-found', {}, { ignored: 'invalid' });
  }
  if (opened.kind === 'revoked') {
    context.countIgnored('click', opened.reason);
    return pageAnswer(410, 'link-revoked', { contact: context.abuseContact }, { ignored: 'revoked' });
  }
  const outcome = await recordClick(request, context, opened);
  return method === 'OPTIONS' ? optionsAnswer(ALLOW, outcome) : redirectAnswer(opened.link.destination, outcome);
}

type OpenedClick =
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'revoked'; readonly reason: string }
  | { readonly kind: 'valid'; readonly token: HitToken; readonly link: HitLink };

function openClick(texts: ClickTexts, context: CollectContext): OpenedClick {
  const opened = texts.token.length > tokenCharsMax ? undefined : openHitToken(context.keys, texts.token);
  if (!opened?.ok) return { kind: 'invalid', reason: opened?.reason ?? 'malformed' };
  const link = openLinkToken(opened.key, opened.token.message, texts.link);
  if (!link.ok) return { kind: 'invalid', reason: `${link.reason}-link` };
  if (opened.key.revoked) return { kind: 'revoked', reason: 'revoked-key' };
  const destination = parseDestination(link.link.destination);
  if (!destination.ok) return { kind: 'invalid', reason: 'unsafe-destination' };
  return { kind: 'valid', token: opened.token, link: { ...link.link, destination: destination.url } };
}

async function recordClick(
  request: CollectRequest,
  context: CollectContext,
  { token, link }: { readonly token: HitToken; readonly link: HitLink },
): Promise<Outcome> {
  const sealed = token.consent.clicks;
  if (sealed === 'none') {
    context.countIgnored('click', 'consent');
    return { ignored: 'consent' };
  }
  // An explicit click is counted under a privacy signal, but without the person.
  const level = saysNo(request) ? 'aggregate' : sealed;
  return { durable: await context.append(makeHit(request, context, { kind: 'click', token, level, link })) };
}

/** Global Privacy Control, or Do Not Track. */
function saysNo(request: CollectRequest): boolean {
  return headerOf(request, 'sec-gpc') === '1' || headerOf(request, 'dnt') === '1';
}
