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
  checkOptionNames(options, ['rules'], 'classify');
  const own = readOwnRules(options.rules, 'classify');
  const inContext = hits.map((hit) => contextHit(hit, judgeAlone(hit, own)));
  const inCompany = inContext.filter(hasCompany);
  const changed = reweigh({
    sends: groupBy(inCompany, sendOf),
    places: groupBy(
      inCompany.filter(({ place }) => place !== ''),
      ({ place }) => place,
    ),
  });
  return inContext.map((hit) => ({ id: hit.id, ...(changed.get(hit) ?? hit.own), rulesVersion: own.version }));
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
