// The collector's core: opens the token of a request, writes the hit to the journal, answers. It asks no database,
// believes nothing a stranger sent, and answers whatever happens. It knows no Koa: `serve` asks it before Koa sees a
// request, and the middleware asks the same function.
import type { ClickIdName } from '../base/click-id.ts';
import { parseDestination } from '../base/destination.ts';
import { tokenCharsMax } from '../base/limits.ts';
import type { ConsentLevel, Hit, HitKind, HitLink } from '../base/nouns.ts';
import { sealClickToken } from '../token/click-token.ts';
import { type HitToken, openHitToken } from '../token/hit-token.ts';
import type { RingKey } from '../token/key-ring.ts';
import { openLink } from '../token/open-link.ts';
import { readShortLinkToken } from '../token/short-link-token.ts';
import {
  type Answer,
  type IgnoredReason,
  methodNotAllowedAnswer,
  type Outcome,
  optionsAnswer,
  pixelAnswer,
  redirectAnswer,
} from './answer.ts';
import { withClickId } from './click-ids.ts';
import { type ControlState, levelNow } from './control-state.ts';
import { answerConversion } from './conversion-pixel.ts';
import { type CollectContext, type CollectRequest, makeHit, saysNo } from './make-hit.ts';
import { pageAnswer } from './page-answer.ts';
import { answerPreferences } from './preferences.ts';
import { hasBody, readAway } from './read-body.ts';
import { prepareShopScript } from './shop-script.ts';
import { answerUnsubscribe } from './unsubscribe.ts';

/** Answers a request for a tracking path; nothing when the path is another. */
export type Collect = (request: CollectRequest, path: string) => Promise<Answer> | undefined;

const METHODS = ['GET', 'HEAD', 'OPTIONS'];
const ALLOW = METHODS.join(', ');

/** Makes the core for `/o/`, `/c/`, `/u/`, `/p/`, `/v.gif` and `/telltale.js`, below each base URL's path and without it. */
export function makeCollect(context: CollectContext): Collect {
  const prefixes = prefixesOf(context.baseUrls);
  const answerScript = prepareShopScript(context.attributionMs);

  /** What the pages of shops ask for. */
  function answerShop(request: CollectRequest, name: string): Promise<Answer> | undefined {
    if (/^v\.gif$/i.test(name)) return answerConversion(request, context);
    return /^telltale\.js$/i.test(name) ? Promise.resolve(answerScript(request)) : undefined;
  }

  return (request, path) => {
    const parts = path.slice(prefixLength(path, prefixes)).split('/', PARTS_MAX);
    const [before, kind, token, link] = parts;
    if (parts.length === 2) return answerShop(request, kind ?? '');
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
      case 'p':
      case 'P':
        return parts.length === 3 ? answerPreferences(request, token, context) : undefined;
      default:
        return undefined;
    }
  };
}

/** Paths of base URLs, the longest first: one may lie below another. */
function prefixesOf(baseUrls: readonly string[]): readonly string[] {
  const paths = baseUrls.map((url) => new URL(url).pathname.replace(/\/+$/, '').toLowerCase());
  return [...new Set(paths)].filter((path) => path !== '').sort((a, b) => b.length - a.length);
}

/** How much of a path is a base URL's. */
function prefixLength(path: string, prefixes: readonly string[]): number {
  for (const prefix of prefixes) {
    if (path[prefix.length] === '/' && path.slice(0, prefix.length).toLowerCase() === prefix) return prefix.length;
  }
  return 0;
}

/** One part more than the longest tracking path has. */
const PARTS_MAX = 5;

async function answerOpen(request: CollectRequest, text: string, context: CollectContext): Promise<Answer> {
  const { method = '' } = request;
  if (!METHODS.includes(method)) return methodNotAllowedAnswer(ALLOW);
  if (hasBody(request)) await readAway(request);
  const found = openPixel(request, text, context);
  const outcome: Outcome =
    found.kind === 'ignored' ? ignore('open', found, context) : { durable: await context.append(found.hit) };
  return method === 'OPTIONS' ? optionsAnswer(ALLOW, outcome) : pixelAnswer(outcome);
}

/** A request that leaves no hit: what its answer tells of that, and the finer reason that is counted. */
interface Ignored {
  readonly kind: 'ignored';
  readonly why: IgnoredReason;
  readonly reason: string;
}

type OpenedPixel = Ignored | { readonly kind: 'valid'; readonly hit: Hit };

function openPixel(request: CollectRequest, text: string, context: CollectContext): OpenedPixel {
  if (text.length > tokenCharsMax || !/\.gif$/i.test(text)) return ignored('invalid', 'malformed');
  const opened = openHitToken(context.keys, text.slice(0, -'.gif'.length));
  if (!opened.ok) return ignored('invalid', opened.reason);
  if (opened.key.revoked) return ignored('revoked', 'revoked-key');
  if (context.control.isRevoked({ message: opened.token.message })) return ignored('revoked', 'revoked-message');
  const level = levelNow(opened.token, 'opens', context.control);
  if (level === 'none') return ignored('consent');
  if (saysNo(request)) return ignored('privacy-signal');
  return { kind: 'valid', hit: makeHit(request, context, { kind: 'open', token: opened.token, level, link: null }) };
}

function ignored(why: IgnoredReason, reason: string = why): Ignored {
  return { kind: 'ignored', why, reason };
}

function ignore(kind: HitKind, { why, reason }: Ignored, context: CollectContext): Outcome {
  context.countIgnored(kind, reason);
  return { ignored: why };
}

interface ClickTexts {
  readonly token: string;
  readonly link: string;
}

async function answerClick(request: CollectRequest, texts: ClickTexts, context: CollectContext): Promise<Answer> {
  const { method = '' } = request;
  if (!METHODS.includes(method)) return methodNotAllowedAnswer(ALLOW);
  if (hasBody(request)) await readAway(request);
  const opened = openClick(texts, context);
  if (opened.kind === 'invalid') {
    context.countIgnored('click', opened.reason);
    return pageAnswer(404, 'link-not-found', {}, { ignored: 'invalid' });
  }
  if (opened.kind === 'revoked') {
    context.countIgnored('click', opened.reason);
    return pageAnswer(410, 'link-revoked', { contact: context.abuseContact }, { ignored: 'revoked' });
  }
  if (opened.kind === 'not-yet') {
    context.countIgnored('click', 'not-mirrored');
    return pageAnswer(503, 'link-not-ready', {}, undefined, ['Retry-After', RETRY_AFTER_SECONDS]);
  }
  const { outcome, level } = await recordClick(request, context, opened);
  if (method === 'OPTIONS') return optionsAnswer(ALLOW, outcome);
  return redirectAnswer(locationOf(opened, level, context), outcome);
}

/** Where a click leads, with its click id where the link asks for one: of the recipient only as far as may be known. */
function locationOf(
  { leadsTo, clickId, token, link }: ValidClick,
  level: ConsentLevel,
  context: CollectContext,
): string {
  if (clickId === undefined || level === 'none') return leadsTo;
  const { url, omitted } = withClickId(
    leadsTo,
    clickId,
    sealClickToken(context.keys.signing(), {
      message: token.message,
      recipient: level === 'individual' ? token.recipient : null,
      link: link.index,
      atMs: context.now(),
      test: token.test,
    }),
  );
  if (omitted !== undefined) context.countNoClickId(omitted);
  return url;
}

/** A new set of short links is in the mirror after a second or two. */
const RETRY_AFTER_SECONDS = '5';

type OpenedClick =
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'revoked'; readonly reason: string }
  | { readonly kind: 'not-yet' }
  | ValidClick;

interface ValidClick {
  readonly kind: 'valid';
  readonly token: HitToken;
  readonly link: HitLink;
  /** The link's destination, or what it was corrected to. */
  readonly leadsTo: string;
  readonly clickId: ClickIdName;
}

function openClick(texts: ClickTexts, { keys, control }: CollectContext): OpenedClick {
  const opened = texts.token.length > tokenCharsMax ? undefined : openHitToken(keys, texts.token);
  if (!opened?.ok) return { kind: 'invalid', reason: opened?.reason ?? 'malformed' };
  const { message } = opened.token;
  const found = findLink(opened.key, opened.token, texts.link, control);
  if (found.kind === 'invalid') return found;
  if (opened.key.revoked) return { kind: 'revoked', reason: 'revoked-key' };
  if (control.isRevoked({ message })) return { kind: 'revoked', reason: 'revoked-message' };
  if (found.kind === 'not-yet') return found;
  const { link } = found;
  const corrected = control.destinationOf({ message, index: link.index });
  const destination = parseDestination(link.destination);
  const leadsTo = corrected === undefined ? destination : parseDestination(corrected);
  if (!destination.ok || !leadsTo.ok) return { kind: 'invalid', reason: 'unsafe-destination' };
  if (control.isRevoked({ message, link: link.index, destination: leadsTo.url })) {
    return { kind: 'revoked', reason: 'revoked-link' };
  }
  return {
    kind: 'valid',
    token: opened.token,
    // What was merged for one person leads there, and is kept nowhere.
    link: { ...link, destination: found.isMerged ? '' : destination.url },
    leadsTo: leadsTo.url,
    clickId: found.clickId,
  };
}

type OpenedLink =
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'not-yet' }
  | { readonly kind: 'found'; readonly link: HitLink; readonly clickId: ClickIdName; readonly isMerged: boolean };

/** Reads L in any of its forms. */
function findLink(key: RingKey, token: HitToken, text: string, control: ControlState): OpenedLink {
  const short = readShortLinkToken(text);
  if (short === undefined) {
    const opened = openLink(key, token, text);
    if (!opened.ok) return { kind: 'invalid', reason: `${opened.reason}-link` };
    return { kind: 'found', link: opened.link, clickId: opened.clickId, isMerged: opened.isMerged };
  }
  const found = control.shortLink(token.message, short.set, short.index);
  if (found === 'not-mirrored') return { kind: 'not-yet' };
  if (found === 'unknown') return { kind: 'invalid', reason: 'unknown-short-link' };
  const { clickId, ...link } = found;
  return { kind: 'found', link: { ...link, index: short.index, honeypot: false }, clickId, isMerged: false };
}

async function recordClick(
  request: CollectRequest,
  context: CollectContext,
  { token, link }: { readonly token: HitToken; readonly link: HitLink },
): Promise<{ readonly outcome: Outcome; readonly level: ConsentLevel }> {
  const allowed = levelNow(token, 'clicks', context.control);
  if (allowed === 'none') {
    context.countIgnored('click', 'consent');
    return { outcome: { ignored: 'consent' }, level: 'none' };
  }
  // An explicit click is counted under a privacy signal, but without the person.
  const level = saysNo(request) ? 'aggregate' : allowed;
  const hit = makeHit(request, context, { kind: 'click', token, level, link });
  return { outcome: { durable: await context.append(hit) }, level };
}
