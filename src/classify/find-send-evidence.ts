// Evidence among the hits of one mail to one recipient: honeypot company, bursts, Office's probes, twin clicks, and
// Microsoft's scanners. Each finder takes hits in the order of their times and takes time in proportion to their number.
import {
  burstCompanyMs,
  burstLinksEnough,
  burstLinksMin,
  burstMs,
  contextWindowMs,
  honeypotBeforeMs,
  officeFollowMs,
  twinClickMs,
} from '../base/limits.ts';
import { type ContextHit, groupBy, type Note } from './evidence.ts';
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

/** After: the same address or agent, each such hit beginning the window anew. Before: 10 s, or the window for both. */
function findHoneypotCompany(hits: readonly ContextHit[], note: Note): void {
  const traps = hits.filter(isTrap);
  if (traps.length === 0) return;
  const last = new Map<string, number>();
  for (const hit of hits) {
    const known = [placeOf(hit), agentOf(hit)].filter((key) => key !== undefined);
    const held = isTrap(hit) ? known : known.filter((key) => hit.atMs - (last.get(key) ?? NEVER) <= contextWindowMs);
    for (const key of held) last.set(key, hit.atMs);
    if (held.length > 0 && !isTrap(hit)) note(hit, 'honeypot-company');
  }
  const next = new Map<string, number>();
  for (const hit of [...hits].reverse()) {
    const spans = [
      [placeOf(hit), honeypotBeforeMs],
      [agentOf(hit), honeypotBeforeMs],
      [clientOf(hit), contextWindowMs],
    ] as const;
    for (const [key, withinMs] of spans) {
      if (key === undefined) continue;
      if (isTrap(hit)) next.set(key, hit.atMs);
      else if ((next.get(key) ?? -NEVER) - hit.atMs <= withinMs) note(hit, 'honeypot-company');
    }
  }
}

const NEVER = Number.NEGATIVE_INFINITY;

function findBursts(hits: readonly ContextHit[], note: Note): void {
  const clicks = hits.filter(isFollowed);
  const inBurst = clicksInBursts(clicks);
  if (inBurst.size === 0) return;
  const burstsAt = new Map<string, number>();
  // Once along the time and once against it: company comes before a burst and after it.
  for (const inTime of [hits, [...hits].reverse()]) {
    burstsAt.clear();
    for (const hit of inTime) {
      const client = clientOf(hit);
      if (inBurst.has(hit)) {
        note(hit, 'burst');
        if (client !== undefined) burstsAt.set(client, hit.atMs);
      } else if (client !== undefined && Math.abs(hit.atMs - (burstsAt.get(client) ?? NEVER)) <= burstCompanyMs) {
        note(hit, 'burst');
      }
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
    for (const [position, hit] of ofPlace.entries()) {
      // Neighbours are enough: between an open and a click there are two of which one is an open, the other a click.
      const next = ofPlace[position + 1];
      if (next === undefined || next.atMs - hit.atMs > contextWindowMs) continue;
      if ((hit.event === 'open') === (next.event === 'open') || hit.agent === next.agent) continue;
      note(hit, 'two-agents');
      note(next, 'two-agents');
    }
  }
}

const MICROSOFT: ReadonlySet<string> = new Set(['microsoft-open', 'microsoft-click']);

/** Office asks first and opens the browser then: the browser's is the click. */
function findOfficeProbes(clicks: readonly ContextHit[], note: Note): void {
  let probes: ContextHit[] = [];
  for (const click of clicks) {
    const { kind } = readAgent(click.agent);
    if (kind === 'office-probe' || kind === 'ms-office') {
      probes.push(click);
    } else if (kind === 'browser') {
      const mine = probes.filter((probe) => click.atMs - probe.atMs <= officeFollowMs && isOnePlace(probe, click));
      for (const probe of mine) if (readAgent(probe.agent).kind === 'ms-office') note(probe, 'office-fetch');
      if (mine.length > 0) note(click, 'after-office-probe');
      probes = [];
    }
  }
}

function isOnePlace(a: ContextHit, b: ContextHit): boolean {
  return a.place === '' || b.place === '' || a.place === b.place;
}

/** Of two, the one for which less speaks; where nothing tells them apart, the later says nothing. */
function findTwins(clicks: readonly ContextHit[], note: Note): void {
  const candidates = clicks.filter(({ own }) => mayChange(own));
  for (const [position, first] of candidates.entries()) {
    const second = candidates[position + 1];
    if (second === undefined || !areTwins(first, second)) continue;
    const difference = scoreOf(first.own) - scoreOf(second.own);
    if (Math.abs(difference) >= TELLING) note(difference > 0 ? second : first, 'twin-click');
    else note(second, 'twin-click-even');
  }
}

/** The least difference of two sums that tells hits apart. */
const TELLING = 1;

function areTwins(first: ContextHit, second: ContextHit): boolean {
  if (second.atMs - first.atMs > twinClickMs) return false;
  if (first.place === '' || second.place === '' || first.place === second.place) return false;
  const systems = [readAgent(first.agent).system, readAgent(second.agent).system];
  return !systems.includes('unknown') && systems[0] !== systems[1];
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
