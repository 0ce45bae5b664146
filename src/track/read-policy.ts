// Reads a sender's policy: rules by host, path and selector, or a function, into one decision a link. What a mail says
// comes before what its tracker says, and both before the attributes and rules of caution.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { checkOptionNames, kindOf } from '../base/options.ts';
import type { LinkPolicy, PolicyLink } from '../html/judge-link.ts';
import { isSelector, matchesSelector } from '../html/parse-mail.ts';

/** A rule holds when all that it names holds; the first that holds decides. */
export interface PolicyRule {
  /** A host, or `*.example.com` for all below it. */
  readonly host?: string;
  /** The beginning of the destination's path. */
  readonly path?: string;
  /** A CSS selector for the link's element. */
  readonly selector?: string;
  readonly track: boolean;
}

/** What a function of one's own gets of a link. */
export interface LinkToDecide {
  readonly message: string;
  readonly destination: string;
  /** The sender's name for it, else its text. */
  readonly name: string;
  /** The element's attributes, names in lower case; none for a URL of the text part. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** Rules, or a function that returns true to track, false to leave alone, nothing to leave it to the other rules. */
export type Policy = readonly PolicyRule[] | ((link: LinkToDecide) => boolean | undefined);

/**
 * Checks a policy.
 *
 * @throws TelltaleError `INVALID_OPTION`, `UNKNOWN_OPTION`; `of` names the call.
 */
export function checkPolicy(policy: unknown, of: string): void {
  if (typeof policy === 'function') return;
  if (!Array.isArray(policy)) {
    throw new TelltaleError(
      'INVALID_OPTION',
      `${of}: policy must be a list of rules or a function, but ${kindOf(policy)} came.`,
    );
  }
  for (const rule of policy) checkRule(rule, of);
}

/** Joins policies into one decision; the first that says anything decides. */
export function joinPolicies(message: string, policies: readonly (Policy | undefined)[]): LinkPolicy {
  const deciders = policies.flatMap((policy) => (policy === undefined ? [] : [deciderOf(message, policy)]));
  return (link) => {
    for (const decide of deciders) {
      const decision = decide(link);
      if (decision !== undefined) return decision;
    }
    return undefined;
  };
}

function checkRule(rule: unknown, of: string): void {
  checkOptionNames(rule, ['host', 'path', 'selector', 'track'], `${of}: a rule of the policy`);
  const { host, path, selector, track } = rule as Record<string, unknown>;
  if (typeof track !== 'boolean') throw refuse(of, 'each rule needs track: true or track: false');
  for (const [name, value] of Object.entries({ host, path, selector })) {
    if (value !== undefined && typeof value !== 'string')
      throw refuse(of, `${name} must be a text, but ${kindOf(value)} came`);
  }
  if (host === undefined && path === undefined && selector === undefined) {
    throw refuse(of, 'each rule needs a host, a path or a selector');
  }
  if (typeof path === 'string' && !path.startsWith('/'))
    throw refuse(of, `a path begins with /, but ${quote(path)} came`);
  if (typeof selector === 'string' && !isSelector(selector))
    throw refuse(of, `${quote(selector)} is not a CSS selector`);
}

function refuse(of: string, problem: string): TelltaleError {
  const example = '{ host: "*.example.com", path: "/account", selector: ".plain", track: false }';
  return new TelltaleError('INVALID_OPTION', `${of}: in the policy, ${problem}. A rule looks like ${example}.`);
}

function deciderOf(message: string, policy: Policy): LinkPolicy {
  if (typeof policy === 'function') {
    return ({ destination, name, element }) =>
      checkDecision(policy({ message, destination, name, attributes: element?.attribs ?? {} }));
  }
  return (link) => policy.find((rule) => holds(rule, link))?.track;
}

/** A promise would count as no word, and a link that was to be left alone would be tracked. */
function checkDecision(decision: unknown): boolean | undefined {
  if (decision === undefined || typeof decision === 'boolean') return decision;
  throw new TelltaleError(
    'INVALID_OPTION',
    `a policy must return true, false or undefined, at once, but ${kindOf(decision)} came.`,
  );
}

function holds(rule: PolicyRule, { destination, element }: PolicyLink): boolean {
  const { hostname, pathname } = new URL(destination);
  if (rule.host !== undefined && !isHost(rule.host.toLowerCase(), hostname)) return false;
  if (rule.path !== undefined && !pathname.startsWith(rule.path)) return false;
  return rule.selector === undefined || (element !== undefined && matchesSelector(element, rule.selector));
}

function isHost(pattern: string, hostname: string): boolean {
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
}
