// Makes the hit of a request: what is kept of it, and nothing else. An address is never kept; its peer is.
import { randomFillSync } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ConversionHit } from '../base/conversion.ts';
import { headerCharsMax, userAgentCharsMax } from '../base/limits.ts';
import type { ConsentLevel, Hit, HitKind, HitLink, NetworkKind } from '../base/nouns.ts';
import type { Store } from '../store/open-store.ts';
import type { KeyRing } from '../token/key-ring.ts';
import type { ClickIdOmission } from './click-ids.ts';
import type { ControlState } from './control-state.ts';

/** What is looked at of a request; its path comes apart, since whoever mounts the collector may change that. */
export type CollectRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'socket'> & AsyncIterable<Buffer>;

/** What the collector's parts share. */
export interface CollectContext {
  readonly keys: KeyRing;
  /** Where it answers: below the path of each, and without one. */
  readonly baseUrls: readonly string[];
  readonly abuseContact: string;
  readonly append: (hit: Hit | ConversionHit) => Promise<boolean>;
  readonly control: ControlState;
  readonly now: () => number;
  readonly clientOf: ClientOf;
  readonly countIgnored: CountIgnored;
  /** Where the preferences page notes what somebody wants. */
  readonly consents: Consents | undefined;
  readonly onProblem: (error: unknown) => void;
  readonly countNoClickId: CountNoClickId;
  /** Milliseconds before a conversion in which clicks count. */
  readonly attributionMs: number;
}

/** Where it is noted that somebody wants no tracking, and asked what they said before. */
export type Consents = Pick<Store, 'setConsent' | 'sendability'>;

/** What a hit says of the address a request came from. Asked once for each hit, of the recipient that it names, if any. */
export type ClientOf = (
  request: CollectRequest,
  of: { readonly recipient: string | null; readonly atMs: number },
) => Client;

export interface Client {
  /** The 8 bytes, in hexadecimal, that stand for the address on one day. */
  readonly peer: string;
  readonly network: NetworkKind;
  readonly networkLists: string;
}

/** Counts a request that left no hit, with the finer reason that no answer tells. */
export type CountIgnored = (kind: HitKind | 'conversion', reason: string) => void;

/** Counts a redirect whose link asks for a click id and that has none, with the reason. */
export type CountNoClickId = (reason: ClickIdOmission) => void;

/** The only headers kept with a hit: those that verdicts look at. */
const KEPT_HEADERS = [
  ...(['user-agent', 'accept-language', 'accept-encoding', 'referer', 'sec-purpose', 'purpose', 'x-purpose'] as const),
  ...(['x-moz', 'sec-fetch-dest', 'sec-fetch-mode', 'sec-fetch-user'] as const),
];

/** The hit of a request, with the id that makes it one: 6 bytes of time, 10 of chance. */
export function makeHit(
  request: CollectRequest,
  context: CollectContext,
  of: {
    readonly kind: HitKind;
    readonly token: { readonly message: string; readonly recipient: string | null; readonly test: boolean };
    readonly level: Exclude<ConsentLevel, 'none'>;
    readonly link: HitLink | null;
  },
): Hit {
  const atMs = context.now();
  const names = of.level === 'individual';
  const recipient = names ? of.token.recipient : null;
  const { peer, network, networkLists } = context.clientOf(request, { recipient, atMs });
  return {
    id: timePrefix(atMs) + chance(),
    kind: of.kind,
    message: of.token.message,
    recipient,
    level: recipient === null ? 'aggregate' : 'individual',
    test: of.token.test,
    link: of.link,
    atMs,
    method: request.method ?? '',
    peer,
    network,
    networkLists,
    repeat: false,
    headers: keptHeaders(request.headers),
  };
}

let prefix = { atMs: -1, text: '' };

/** Six bytes of time in hexadecimal; many hits share one millisecond. */
function timePrefix(atMs: number): string {
  if (prefix.atMs !== atMs) prefix = { atMs, text: atMs.toString(16).padStart(12, '0') };
  return prefix.text;
}

const CHANCE_BYTES = 10;
const pool = Buffer.alloc(CHANCE_BYTES * 400);
let poolAt = pool.length;

/** Ten random bytes in hexadecimal, drawn four hundred at a time: one call of the generator costs more than a hit. */
function chance(): string {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += CHANCE_BYTES;
  return pool.toString('hex', poolAt - CHANCE_BYTES, poolAt);
}

function keptHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = name === 'referer' ? originOf(headerOf(headers, name)) : headerOf(headers, name);
    if (value !== '') kept[name] = value.slice(0, name === 'user-agent' ? userAgentCharsMax : headerCharsMax);
  }
  return kept;
}

/** Of a page that led here, its host is enough: what stands behind it may name a person. */
function originOf(referer: string): string {
  return /^https?:\/\/[^/?#@]+/i.exec(referer)?.[0] ?? '';
}

/** The value of a header; empty when it did not come. Node makes `headers` anew of each request: ask it for them once. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
}

/** Global Privacy Control, or Do Not Track. */
export function saysNo({ headers }: Pick<CollectRequest, 'headers'>): boolean {
  return headerOf(headers, 'sec-gpc') === '1' || headerOf(headers, 'dnt') === '1';
}
