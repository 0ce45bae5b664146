// Judges hits: what each was, why, how sure, by which rules. Pure; the same hits get the same verdicts, in whatever
// order they come.
import ipaddr from 'ipaddr.js';
import type { Verdict } from '../base/nouns.ts';
import { checkOptionNames } from '../base/options.ts';
import { type ContextHit, groupBy, sendOf } from './evidence.ts';
import { type Judgement, judgeHit } from './judge-hit.ts';
import { type OwnRules, readOwnRules, type VerdictRule } from './own-rules.ts';
import { readAgent } from './read-agent.ts';
import { type ClassifyHit, readSignals } from './read-signals.ts';
import { reweigh } from './reweigh.ts';

export interface ClassifyOptions {
  /** Rules of the sender's own; they come before Telltale's. @default none */
  readonly rules?: readonly VerdictRule[] | undefined;
  /** Finds the network of a hit that names an address and no network. @default none are looked up */
  readonly networks?: KnownNetworks | undefined;
}

/** What is needed of lists of networks. */
export interface KnownNetworks {
  /** The kind of the network of an address. */
  kindOf(address: string): string;
  /** Names the lists, in the rules version of the verdicts. */
  readonly version: string;
}

/** A verdict with the id of its hit. */
export interface HitVerdict extends Verdict {
  readonly id: string;
}

/**
 * Judges hits, each by itself and by the others; one verdict each, in the same order. Hits of no recipient are judged
 * by themselves alone.
 *
 * @throws TelltaleError `INVALID_OPTION`, `UNKNOWN_OPTION` for `rules`.
 */
export function classify(hits: readonly ClassifyHit[], options: ClassifyOptions = {}): readonly HitVerdict[] {
  checkOptionNames(options, ['rules', 'networks'], 'classify');
  const own = readOwnRules(options.rules, 'classify');
  const { networks } = options;
  const located = networks === undefined ? hits : hits.map((hit) => locate(hit, networks));
  const inContext = located.map((hit) => contextHit(hit, judgeAlone(hit, own)));
  const inCompany = inContext.filter(hasCompany);
  const changed = reweigh({
    sends: groupBy(inCompany, sendOf),
    places: groupBy(
      inCompany.filter(({ place }) => place !== ''),
      ({ place }) => place,
    ),
  });
  const rulesVersion = networks === undefined ? own.version : `${own.version}+networks.${networks.version}`;
  return inContext.map((hit) => ({ id: hit.id, ...(changed.get(hit) ?? hit.own), rulesVersion }));
}

function locate(hit: ClassifyHit, networks: KnownNetworks): ClassifyHit {
  const { ip, network } = hit;
  return typeof network === 'string' || !ip ? hit : { ...hit, network: networks.kindOf(ip) };
}

/** Judges a hit by itself. */
export function judgeAlone(hit: ClassifyHit, { rules }: Pick<OwnRules, 'rules'>): Judgement {
  return judgeHit(readSignals(hit), rules);
}

const NOTHING: ReadonlySet<never> = new Set();

/** A hit of nobody, of no mail or of no time says nothing to others. */
function hasCompany({ message, recipient, atMs }: ContextHit): boolean {
  return message !== '' && recipient !== '' && Number.isFinite(atMs);
}

function contextHit(hit: ClassifyHit, own: Judgement): ContextHit {
  return {
    id: hit.id,
    event: hit.event,
    message: hit.message ?? '',
    recipient: hit.recipient ?? '',
    link: hit.link ?? null,
    linkCount: hit.linkCount ?? null,
    atMs: hit.atMs ?? Number.NaN,
    place: placeOf(hit.ip ?? ''),
    agent: readAgent(hit.headers['user-agent'] ?? '').text,
    own,
    known: NOTHING,
  };
}

/** One spelling of an address: an IPv4 address in IPv6 is itself, a scope says nothing of the other end. */
function placeOf(address: string): string {
  const bare = address
    .trim()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '');
  return ipaddr.isValid(bare) ? ipaddr.process(bare).toString() : bare;
}
