// Decides whether a link is tracked, and if not, why. The rules are data, first match first; each has the id that
// appears as the note's code.
import { DESTINATION_PROBLEMS, type DestinationProblem, parseDestination, stripUrl } from '../base/destination.ts';
import { destinationCharsMax } from '../base/limits.ts';
import type { MailNode } from './mail-node.ts';

export type LinkJudgement =
  | { readonly track: true; readonly destination: string }
  | { readonly track: false; readonly code: NoteCode; readonly severity: Severity; readonly message: string };

export type Severity = 'info' | 'warning' | 'error';

/** Why a link stays as it is. */
export type NoteCode =
  | 'opted-out'
  | 'policy'
  | 'merge-tag'
  | 'fragment'
  | 'not-http'
  | 'relative'
  | 'empty-href'
  | 'own-link'
  | 'unsubscribe-link'
  | 'secret-link'
  | 'malformed-destination';

/** Attributes that say "do not track this link", with the values that mean it (`null`: any but "false"). */
const OPT_OUT_ATTRIBUTES: ReadonlyMap<string, readonly string[] | null> = new Map([
  ['data-telltale', ['off', 'unsubscribe']],
  ['clicktracking', ['off']], // SendGrid
  ['disable-tracking', ['true']], // Mailgun
  ['data-disable-tracking', ['true']], // Mailgun
  ['data-pm-no-track', null], // Postmark
  ['ses:no-track', null], // Amazon SES
  ['data-msys-clicktrack', ['0']], // SparkPost
  ['mc:disable-tracking', null], // Mailchimp
  ['mautic:disable-tracking', null], // Mautic
  ['data-no-track', null],
  ['data-skip-click', null],
]);

/**
 * Tags an engine still has to fill in: Liquid and Handlebars, Mailchimp, ERB and EJS, AMPscript, templates, Mautic.
 * For the first ones the beginning is enough: a quote inside a tag may have cut the href short.
 */
const MERGE_TAG = /\{\{|\{%|\*\||<%|%%[^%]+%%|\[\[[^[\]]*\]\]|\[%[^[\]]*%\]|[$#]\{[^{}]*\}|\{[A-Za-z_][\w.=: -]*\}/;

/** Words that name a way out of the list, in text or URL, in the languages of the large mailbox countries. */
const UNSUBSCRIBE =
  /unsubscri|opt[-_ ]?out\b|list-manage\S*\/unsub|abmelden|abbestell|austragen|d[ée]sabonn|d[ée]sinscri|cancelar (?:la )?suscripci|darse de baja|dar de baja|cancelar (?:a )?inscri|disiscri|afmelden|uitschrijv|avregistrera|avprenumerera|frameld|odhl[áa]sit|wypisz|rezygnuj|отписаться|退订|配信停止|수신거부|\bpreferences_url\b/i;

/** Links whose URL is a secret that logs someone in: nobody in between should learn it. */
const SECRET_PATH =
  /(?:^|[/_.-])(?:(?:reset|forgot|new|set|change|recover)[-_]?password|password[-_/]?(?:reset|recover\w*|new|set|change|edit)|passwordless|magic[-_]?(?:link|login|sign[-_]?in)|(?:verify|confirm|activate|validate)(?:[-_]?(?:e[-_]?mail|account|address|user|signup|registration))?|(?:e[-_]?mail|account)[-_/]?(?:verif\w*|confirm\w*|activat\w*)|one[-_]?time[-_]?(?:login|link|password)|otp|2fa|mfa)(?:[/_.-]|$)/i;
const SECRET_PARAMETER =
  /^(?:(?:reset|password|login|auth|access|magic|verification|verify|confirmation|confirm|activation|invite|invitation|signup|session|one_?time)[-_]?(?:token|key|code|hash|secret)|otp|oobcode|ticket_granting|jwt)$/i;
const PLAIN_SECRET = /^(?:token|code|key|hash|t|signature|sig|secret)$/i;

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** The attribute by which an element opts out of tracking, if any. */
export function optOutAttribute(element: MailNode): string | undefined {
  const attribs = element.attribs ?? {};
  for (const name of Object.keys(attribs)) {
    const values = OPT_OUT_ATTRIBUTES.get(name);
    if (values === undefined) continue;
    const text = attribs[name]?.trim().toLowerCase() ?? '';
    if (values === null ? text !== 'false' : values.includes(text)) return name;
  }
  return undefined;
}

/** Whether an attribute speaks of tracking, whatever it says: clients have no use for it. */
export function isTrackingAttribute(name: string): boolean {
  return OPT_OUT_ATTRIBUTES.has(name);
}

/** What a link is judged by besides itself. */
export interface JudgeContext {
  /** The mail's own base address. */
  readonly baseHref: string | undefined;
  /** The collector's addresses, whose links are tracked already. */
  readonly ownUrls: readonly string[];
  /** Destinations that the mail names as ways to unsubscribe. */
  readonly unsubscribeUrls: ReadonlySet<string>;
  /** What the sender wants, if anything; it overrides attributes and the rules of caution. */
  readonly policy: LinkPolicy | undefined;
}

/** Decides by what the sender says of links: track, leave alone, or no word on it. */
export type LinkPolicy = (link: PolicyLink) => boolean | undefined;

export interface PolicyLink {
  /** Absolute, as a browser requests it. */
  readonly destination: string;
  /** What a reader sees. */
  readonly name: string;
  /** Nothing for a URL of the text part. */
  readonly element: MailNode | undefined;
}

/**
 * Judges one link: first whether it can be tracked, then what the sender's policy says, then the attributes and the
 * rules of caution.
 *
 * @param link.href the decoded value; `name` is the text a reader sees.
 */
export function judgeLink(
  link: { readonly href: string; readonly name: string; readonly element?: MailNode },
  context: JudgeContext,
): LinkJudgement {
  const found = findDestination(link.href, context);
  const attribute = link.element && optOutAttribute(link.element);
  if (!found.track) return attribute === undefined ? found : leaveOptedOut(attribute);
  const { destination } = found;
  const wanted = context.policy?.({ destination, name: link.name, element: link.element });
  if (wanted === true) return found;
  if (wanted === false) return leave('policy', 'info', 'the policy says so');
  if (attribute !== undefined) return leaveOptedOut(attribute);
  if (isWayOut(link, destination, context)) return leave('unsubscribe-link', 'info', 'it is a way to unsubscribe');
  if (isSecret(destination)) return LEAVE_SECRET;
  return found;
}

const LEAVE_SECRET = leave('secret-link', 'warning', 'it looks like a link that logs someone in or resets a password');

/**
 * Judges a link whose destination holds merge tags: by all that can be known before it is merged.
 *
 * @param link.href the decoded value, tags and all.
 */
export function judgeMergedLink(
  link: { readonly href: string; readonly name: string; readonly element?: MailNode },
  context: JudgeContext,
): LinkJudgement {
  const destination = stripUrl(link.href);
  const attribute = link.element && optOutAttribute(link.element);
  if (destination.length > destinationCharsMax) return leaveMalformed('too-long');
  if (!/^(?:https?:|\{)/i.test(destination))
    return leave('not-http', 'info', 'it does not begin as a web address or with a tag');
  const wanted = context.policy?.({ destination, name: link.name, element: link.element });
  if (wanted === true) return { track: true, destination };
  if (wanted === false) return leave('policy', 'info', 'the policy says so');
  if (attribute !== undefined) return leaveOptedOut(attribute);
  if (isWayOut(link, destination, context)) return leave('unsubscribe-link', 'info', 'it is a way to unsubscribe');
  if (isSecret(destination)) return LEAVE_SECRET;
  return { track: true, destination };
}

/** Whether a link unsubscribes, logs someone in or resets a password: whatever else is said of it, it is one reader's own. */
export function isPersonal(link: { readonly href: string; readonly name: string }, context: JudgeContext): boolean {
  const found = findDestination(link.href, context);
  const destination = found.track ? found.destination : stripUrl(link.href);
  return isWayOut(link, destination, context) || isSecret(destination);
}

function isWayOut(
  { href, name }: { readonly href: string; readonly name: string },
  destination: string,
  { unsubscribeUrls }: JudgeContext,
): boolean {
  return unsubscribeUrls.has(destination) || UNSUBSCRIBE.test(`${name} ${stripUrl(href)}`);
}

/** Where a client would go, or why there is nothing to track. */
function findDestination(href: string, context: JudgeContext): LinkJudgement {
  const text = stripUrl(href);
  if (text === '') return leave('empty-href', 'warning', 'the href is empty');
  if (text.startsWith('#')) return leave('fragment', 'info', 'it leads to a place in the mail itself');
  if (text.length > 2 * destinationCharsMax) return leaveMalformed('too-long');
  if (MERGE_TAG.test(text)) return leave('merge-tag', 'warning', 'it holds a merge tag that is not expanded yet');
  const absolute = resolve(text, context.baseHref);
  if (absolute === undefined) return leave('relative', 'warning', 'it is relative and the mail has no <base href>');
  if (!/^https?:/i.test(absolute)) return leave('not-http', 'info', `${schemeOf(absolute)} is not a web address`);
  const destination = parseDestination(absolute);
  if (!destination.ok) return leaveMalformed(destination.reason);
  if (context.ownUrls.some((own) => isWithin(destination.url, own)))
    return leave('own-link', 'info', 'it leads to the collector already');
  return { track: true, destination: destination.url };
}

function leaveOptedOut(attribute: string): LinkJudgement {
  return leave('opted-out', 'info', `the attribute ${attribute} opts out of tracking`);
}

function leaveMalformed(reason: DestinationProblem): LinkJudgement {
  return leave('malformed-destination', 'error', DESTINATION_PROBLEMS[reason]);
}

function leave(code: NoteCode, severity: Severity, why: string): LinkJudgement {
  return { track: false, code, severity, message: `left alone: ${why}` };
}

/** Resolves against the mail's base as a client does; absolute addresses are kept as written. */
function resolve(text: string, baseHref: string | undefined): string | undefined {
  if (SCHEME.test(text)) return text;
  const base = baseHref === undefined ? '' : stripUrl(baseHref);
  if (!/^https?:\/\//i.test(base) || text.includes('\\')) return undefined;
  return URL.canParse(text, base) ? new URL(text, base).href : undefined;
}

function schemeOf(address: string): string {
  return SCHEME.exec(address)?.[0].toLowerCase() ?? 'this';
}

function isWithin(url: string, baseUrl: string): boolean {
  return url.startsWith(`${baseUrl}/`) && /^\/(?:[oc]\/[a-z2-7]|[up]\/[a-z2-7])/i.test(url.slice(baseUrl.length));
}

/** A path that speaks of a password or confirmation with anything secret behind it, or a parameter that says so. */
function isSecret(destination: string): boolean {
  const [, path = '', query = ''] = /^https?:\/\/[^/?#]*([^?#]*)\??([^#]*)/.exec(destination) ?? [];
  const names = query === '' ? [] : [...new URLSearchParams(query).keys()];
  if (names.some((name) => SECRET_PARAMETER.test(name))) return true;
  if (!SECRET_PATH.test(path)) return false;
  return names.some((name) => PLAIN_SECRET.test(name)) || path.split('/').some(looksRandom);
}

/** Sixteen or more characters that no person would write as a word. */
function looksRandom(segment: string): boolean {
  return segment.length >= 16 && /\d/.test(segment) && /^[\w.~=-]+$/.test(segment) && !/^[\d-]+$/.test(segment);
}
