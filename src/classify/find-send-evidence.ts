// Evidence among the hits of one mail to one recipient: honeypot company, bursts, Office's probes, twin clicks, and
// Microsoft's scanners. Each finder takes hits in the order of their times and takes time in proportion to their number.
import {
  burstCompanyMs,
  burstLinksEnough,
  burstLinksMin,
  burstMs,
  contextWindowMs,
  honeypotBeforeMs,
  neighboursMax,
  officeFollowMs,
  twinClickMs,
} from '../base/limits.ts';
import { byTime, type ContextHit, groupBy, type Note } from './evidence.ts';
import { mayChange, scoreOf } from './judgement-of.ts';
import { readAgent } from './read-agent.ts';

/** Looks at the hits of one mail to one recipient, in the order of their times. */
export function findSendEvidence(hits: readonly ContextHit[], note: Note): void {
  if (hits.length < 2) return;
  findHoneypotCompany(hits, note);
  findBursts(hits, note);
  findTwoAgents(hits, note);
  const clicks = hits.filter(({ event, link }) => event === 'click' && link !== null);
  for (const ofLink of groupBy(clicks, ({ link }) => String(link))) {
    findOfficeProbes(ofLink, note);
    findTwins(ofLink, note);
  }
}

/**
 * The addresses at which new clicks of a mail may say something of opens, though nothing new came from there: what leads
 * from one address to another is a user agent, of who visits the honeypot or of a burst.
 */
export function placesReached(
  followed: readonly ContextHit[],
  isNew: (hit: ContextHit) => boolean,
): ReadonlySet<string> {
  const places = new Set<string>();
  if (followed.length < burstLinksMin && !followed.some(isTainted)) return places;
  const agents = new Set<string>();
  let left = followed;
  for (let reached = left.filter(isNew); reached.length > 0; reached = left.filter(isReached)) {
    for (const { place, agent } of reached) {
      if (place !== '') places.add(place);
      agents.add(agent);
    }
    const found = new Set(reached);
    left = left.filter((hit) => !found.has(hit));
  }
  return places;

  function isReached({ place, agent }: ContextHit): boolean {
    return places.has(place) || agents.has(agent);
  }
}

function findHoneypotCompany(hits: readonly ContextHit[], note: Note): void {
  if (!hits.some(isTainted)) return;
  const last = new Map<string, number>();
  for (const hit of hits) {
    const keys = keysOf(hit);
    const isCompany = keys.some((key) => hit.atMs - (last.get(key) ?? NEVER) <= contextWindowMs);
    if (isCompany && !isTrap(hit)) note(hit, 'honeypot-company');
    if (isCompany || isTainted(hit)) for (const key of keys) last.set(key, hit.atMs);
  }
  const next = new Map<string, number>();
  for (const hit of [...hits].reverse()) {
    const client = clientOf(hit);
    if (isTrap(hit)) for (const key of [...keysOf(hit), client ?? '']) next.set(key, hit.atMs);
    const within = (key: string, ms: number) => (next.get(key) ?? Number.POSITIVE_INFINITY) - hit.atMs <= ms;
    const isBefore =
      keysOf(hit).some((key) => within(key, honeypotBeforeMs)) ||
      (client !== undefined && within(client, contextWindowMs));
    if (isBefore && !isTrap(hit)) note(hit, 'honeypot-before');
  }
}

/** By what a hit is known as a visitor of the honeypot: an open's user agent says too little, since many share it. */
function keysOf(hit: ContextHit): readonly string[] {
  return [placeOf(hit), hit.event === 'open' ? undefined : agentOf(hit)].filter((key) => key !== undefined);
}

function isTainted(hit: ContextHit): boolean {
  return isTrap(hit) || hit.known.has('honeypot-company');
}

const NEVER = Number.NEGATIVE_INFINITY;

function findBursts(hits: readonly ContextHit[], note: Note): void {
  const clicks = hits.filter(isFollowed);
  // By one address or by one user agent: a person's click may come while a gateway is at work.
  const placed = clicks.filter(({ place }) => place !== '');
  const groups = [...groupBy(placed, ({ place }) => place), ...groupBy(clicks, ({ agent }) => agent)];
  const inBurst = new Set(groups.flatMap((group) => [...clicksInBursts(group)]));
  for (const hit of inBurst) note(hit, 'burst');
  const isBurst = (hit: ContextHit) => inBurst.has(hit) || hit.known.has('burst');
  if (!hits.some(isBurst)) return;
  // Once along the time and once against it: company comes before a burst and after it.
  for (const inTime of [hits, [...hits].reverse()]) {
    const burstsAt = new Map<string, number>();
    for (const hit of inTime) {
      const client = clientOf(hit);
      if (client === undefined) continue;
      if (isBurst(hit)) burstsAt.set(client, hit.atMs);
      else if (Math.abs(hit.atMs - (burstsAt.get(client) ?? NEVER)) <= burstCompanyMs) note(hit, 'burst-company');
    }
  }
}

/** The clicks within any span of 3 s that holds enough distinct links. */
function clicksInBursts(clicks: readonly ContextHit[]): ReadonlySet<ContextHit> {
  const inBurst = new Set<ContextHit>();
  const counts = new Map<number, number>();
  let first = 0;
  let marked = 0;
  for (const [position, click] of clicks.entries()) {
    counts.set(click.link ?? -1, (counts.get(click.link ?? -1) ?? 0) + 1);
    for (
      let oldest = clicks[first];
      oldest !== undefined && click.atMs - oldest.atMs > burstMs;
      oldest = clicks[first]
    ) {
      const left = (counts.get(oldest.link ?? -1) ?? 1) - 1;
      if (left === 0) counts.delete(oldest.link ?? -1);
      else counts.set(oldest.link ?? -1, left);
      first += 1;
    }
    if (counts.size < linksOfBurst(click.linkCount)) continue;
    for (marked = Math.max(marked, first); marked <= position; marked += 1) {
      const member = clicks[marked];
      if (member !== undefined) inBurst.add(member);
    }
  }
  return inBurst;
}

/** Most links of the mail: 3 at least, since people follow two at once, and 5 are enough in any mail. */
function linksOfBurst(linkCount: number | null): number {
  if (linkCount === null) return burstLinksEnough;
  return Math.min(burstLinksEnough, Math.max(burstLinksMin, Math.floor(linkCount / 2) + 1));
}

/** Only where a hit came from Microsoft: at home, too, a mail client opens and a browser clicks. */
function findTwoAgents(hits: readonly ContextHit[], note: Note): void {
  const fromMicrosoft = hits.filter(({ place, own }) => place !== '' && own.reasons.some((id) => MICROSOFT.has(id)));
  for (const ofPlace of groupBy(fromMicrosoft, ({ place }) => place)) {
    for (const inTime of [ofPlace, [...ofPlace].reverse()]) {
      const seen = { open: new LastTwo(), other: new LastTwo() };
      for (const hit of inTime) {
        const [mine, others] = hit.event === 'open' ? [seen.open, seen.other] : [seen.other, seen.open];
        if (Math.abs(hit.atMs - others.timeOfAnother(hit.agent)) <= contextWindowMs) note(hit, 'two-agents');
        mine.see(hit.agent, hit.atMs);
      }
    }
  }
}

const MICROSOFT: ReadonlySet<string> = new Set(['microsoft-open', 'microsoft-click']);

/** The two user agents that were seen last, and when: of any agent, another was seen last at one of these times. */
class LastTwo {
  #last: readonly { readonly agent: string; readonly atMs: number }[] = [];

  see(agent: string, atMs: number): void {
    this.#last = [{ agent, atMs }, ...this.#last.filter((one) => one.agent !== agent)].slice(0, 2);
  }

  timeOfAnother(agent: string): number {
    return this.#last.find((one) => one.agent !== agent)?.atMs ?? Number.NEGATIVE_INFINITY;
  }
}

/** Office asks first and opens the browser then: the browser's is the click. */
function findOfficeProbes(clicks: readonly ContextHit[], note: Note): void {
  const asked = clicks.filter(({ agent }) => OFFICE.has(readAgent(agent).kind));
  const opened = asked.length === 0 ? [] : clicks.filter(({ agent }) => readAgent(agent).kind === 'browser');
  for (const [first, second] of neighbours(asked, opened, officeFollowMs)) {
    if (first.place !== '' && second.place !== '' && first.place !== second.place) continue;
    note(second, 'after-office-probe');
    if (readAgent(first.agent).kind === 'ms-office') note(first, 'office-fetch');
  }
}

const OFFICE: ReadonlySet<string> = new Set(['office-probe', 'ms-office']);

/** Of two, the one for which less speaks; where nothing tells them apart, the later says nothing. */
function findTwins(clicks: readonly ContextHit[], note: Note): void {
  const candidates = clicks.filter(({ own }) => mayChange(own));
  for (const [first, second] of neighbours(candidates, candidates, twinClickMs)) {
    if (!areTwins(first, second)) continue;
    const difference = scoreOf(first.own) - scoreOf(second.own);
    if (Math.abs(difference) >= TELLING) note(difference > 0 ? second : first, 'twin-click');
    else note(second, 'twin-click-even');
  }
}

/** The least difference of two sums that tells hits apart. */
const TELLING = 1;

function areTwins(first: ContextHit, second: ContextHit): boolean {
  if (first.place === '' || second.place === '' || first.place === second.place) return false;
  const systems = [readAgent(first.agent).system, readAgent(second.agent).system];
  return !systems.includes('unknown') && systems[0] !== systems[1];
}

/** Each of the first with those of the second, both in order, that come behind it within a time; a few of a flood. */
function* neighbours(
  firsts: readonly ContextHit[],
  seconds: readonly ContextHit[],
  withinMs: number,
): Generator<readonly [ContextHit, ContextHit]> {
  let from = 0;
  for (const first of firsts) {
    while (from < seconds.length && isBehind(first, seconds[from])) from += 1;
    for (const second of seconds.slice(from, from + neighboursMax)) {
      if (second.atMs - first.atMs > withinMs) break;
      yield [first, second];
    }
  }
}

function isBehind(first: ContextHit, second: ContextHit | undefined): boolean {
  return second === undefined || byTime(second, first) <= 0;
}

function isTrap({ own }: ContextHit): boolean {
  return own.reasons.includes('honeypot');
}

/** What Office and messengers look at ahead is one click of a person. */
function isFollowed({ event, link, own }: ContextHit): boolean {
  return event === 'click' && link !== null && own.label !== 'prefetch' && own.label !== 'preview';
}

function placeOf({ place }: ContextHit): string | undefined {
  return place === '' ? undefined : `place ${place}`;
}

function agentOf({ agent }: ContextHit): string | undefined {
  return agent === '' ? undefined : `agent ${agent}`;
}

function clientOf({ place, agent }: ContextHit): string | undefined {
  return place === '' ? undefined : `client ${place} ${agent}`;
}
