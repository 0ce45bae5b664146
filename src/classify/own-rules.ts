// A sender's own rules: data, like ours, so that they can stand in a file. They come before all of ours, and their ids
// stand among the reasons.
import { TelltaleError } from '../base/errors.ts';
import { quote } from '../base/ids.ts';
import { ownRuleCharsMax, ownRulesMax } from '../base/limits.ts';
import { type HitKind, LABELS, type Label, NETWORK_KINDS } from '../base/nouns.ts';
import { checkChoice, checkOptionNames, kindOf } from '../base/options.ts';
import type { OwnRule } from './judge-hit.ts';
import { isOurs } from './judgement-of.ts';
import type { Signals } from './read-signals.ts';
import { RULES_VERSION } from './rules.ts';

/** A rule of the sender's: it holds when all that it names holds; the first that holds decides. */
export interface VerdictRule {
  /** Its name among the reasons: lower-case words joined by `-`, none of ours. */
  readonly id: string;
  readonly label: Label;
  /** 0 to 1: how sure the label is when the rule holds. @default 0.9 */
  readonly certainty?: number | undefined;
  readonly event?: HitKind | undefined;
  readonly method?: string | undefined;
  /** A part of the user agent, in any case. */
  readonly userAgent?: string | undefined;
  /** A kind of network. */
  readonly network?: string | undefined;
  /** The end of the name in reverse DNS, with the dot before it. */
  readonly host?: string | undefined;
  readonly recipientDomain?: string | undefined;
}

export interface OwnRules {
  readonly rules: readonly OwnRule[];
  /** Ours, with what tells these rules from others. */
  readonly version: string;
  /** Whether one looks at the domain of the recipient. */
  readonly needsDomain: boolean;
  /** The ends of names in reverse DNS that they look at. */
  readonly hosts: readonly string[];
}

const CONDITIONS = ['event', 'method', 'userAgent', 'network', 'host', 'recipientDomain'] as const;

/**
 * Reads a sender's rules; none are fine too.
 *
 * @throws TelltaleError `INVALID_OPTION`, `UNKNOWN_OPTION`; `of` names the call.
 */
export function readOwnRules(given: unknown, of: string): OwnRules {
  if (given === undefined) return NONE;
  if (!Array.isArray(given)) throw refuse(of, `expected a list, but ${kindOf(given)} came`);
  if (given.length > ownRulesMax) throw refuse(of, `there may be ${ownRulesMax}, but ${given.length} came`);
  if (given.length === 0) return NONE;
  const rules = given.map((rule: unknown) => readRule(rule, of));
  const twice = rules.find(({ id }, position) => rules.findIndex((rule) => rule.id === id) !== position);
  if (twice !== undefined) throw refuse(of, `two have the id ${quote(twice.id)}`);
  const needsDomain = given.some((rule: VerdictRule) => rule.recipientDomain !== undefined);
  const hosts = given.flatMap((rule: VerdictRule) => rule.host?.toLowerCase() ?? []);
  return { rules, version: `${RULES_VERSION}+${digest(JSON.stringify(given))}`, needsDomain, hosts };
}

const NONE: OwnRules = { rules: [], version: RULES_VERSION, needsDomain: false, hosts: [] };

function readRule(rule: unknown, of: string): OwnRule {
  checkOptionNames(rule, ['id', 'label', 'certainty', ...CONDITIONS], `${of}: one of the rules`);
  const { id, label, certainty = 0.9, ...conditions } = rule as Record<string, unknown>;
  if (typeof id !== 'string' || id.length > 64 || !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id))
    throw refuse(
      of,
      `an id is lower-case words joined by -, but ${typeof id === 'string' ? quote(id) : kindOf(id)} came`,
    );
  if (isOurs(id)) throw refuse(of, `${quote(id)} is the id of one of Telltale’s own`);
  if (typeof certainty !== 'number' || !(certainty > 0 && certainty <= 1))
    throw refuse(of, `certainty is a number over 0 and at most 1, but ${String(certainty)} came`);
  const tests = CONDITIONS.flatMap((name) => testOf(name, conditions[name], of));
  if (tests.length === 0) throw refuse(of, `${quote(id)} names nothing that must hold: ${CONDITIONS.join(', ')}`);
  return {
    id,
    label: checkChoice(label, LABELS, `${of}: the label of ${quote(id)}`),
    certainty,
    when: (signals) => tests.every((test) => test(signals)),
  };
}

function testOf(
  name: (typeof CONDITIONS)[number],
  value: unknown,
  of: string,
): readonly ((signals: Signals) => boolean)[] {
  if (value === undefined) return [];
  if (typeof value !== 'string' || value === '' || value.length > ownRuleCharsMax)
    throw refuse(of, `${name} is a text of 1 to ${ownRuleCharsMax} characters, but ${kindOf(value)} came`);
  const text = value.toLowerCase();
  switch (name) {
    case 'event':
      checkChoice(value, ['open', 'click', 'unsubscribe'], `${of}: the event of a rule`);
      return [({ event }) => event === value];
    case 'method':
      return [({ method }) => method.toLowerCase() === text];
    case 'userAgent':
      return [({ agent }) => agent.text.toLowerCase().includes(text)];
    case 'network':
      checkChoice(value, NETWORK_KINDS, `${of}: the network of a rule`);
      return [({ network }) => network === value];
    case 'host':
      if (!text.startsWith('.') || text.endsWith('.'))
        throw refuse(
          of,
          `host is the end of a name with the dot before it, like .example.com, but ${quote(value)} came`,
        );
      return [({ ptr }) => ptr.endsWith(text)];
    case 'recipientDomain':
      return [({ domain }) => domain === text];
  }
}

function refuse(of: string, problem: string): TelltaleError {
  const example = '{ id: "office-proxy", label: "human", network: "zscaler", recipientDomain: "example.com" }';
  return new TelltaleError('INVALID_OPTION', `${of}: of the rules, ${problem}. A rule looks like ${example}.`);
}

/** FNV-1a of 32 bits: it names a set of rules, and guards nothing. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
