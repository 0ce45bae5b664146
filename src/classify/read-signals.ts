// What the rules look at, read once from a hit. A field that is missing makes the rules that need it silent.
import type { HitKind } from '../base/nouns.ts';
import { networkNamed, plainName } from './host-names.ts';
import { type Agent, readAgent } from './read-agent.ts';

/** A hit as `classify` takes it; what is missing, `null` or not known makes the rules that need it silent. */
export interface ClassifyHit {
  readonly id: string;
  readonly event: HitKind;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** With `recipient` what a hit belongs to: hits of one mail to one person are weighed together. */
  readonly message?: string | undefined;
  readonly recipient?: string | null | undefined;
  /** The index of the link, and how many links the mail has. */
  readonly link?: number | null | undefined;
  readonly linkCount?: number | null | undefined;
  /** Whether it is a link that no person sees. @default false */
  readonly honeypot?: boolean | null | undefined;
  /** Milliseconds since 1970. */
  readonly sentAtMs?: number | null | undefined;
  readonly deliveredAtMs?: number | null | undefined;
  readonly atMs?: number | null | undefined;
  /** The address, or anything that stands for it: it is compared, and never looked up. */
  readonly ip?: string | null | undefined;
  /** The kind of network the request came from. @default 'unknown' */
  readonly network?: string | null | undefined;
  /** The name the address has in reverse DNS, confirmed forwards. */
  readonly ptr?: string | null | undefined;
  readonly recipientDomain?: string | null | undefined;
}

/** What a rule may look at. */
export interface Signals {
  readonly event: HitKind;
  readonly method: string;
  readonly network: string;
  readonly ptr: string;
  readonly domain: string;
  readonly honeypot: boolean;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the delivery, or since the send where no delivery is known; NaN without either. */
  readonly sinceMs: number;
}

export function readSignals(hit: ClassifyHit): Signals {
  const { event, headers } = hit;
  const ptr = plainName(hit.ptr ?? '');
  return {
    event,
    method: hit.method,
    network: networkNamed(ptr) ?? hit.network ?? 'unknown',
    ptr,
    domain: (hit.recipientDomain ?? '').toLowerCase(),
    honeypot: hit.honeypot ?? false,
    agent: readAgent(headers['user-agent'] ?? ''),
    headers,
    sinceMs: (hit.atMs ?? Number.NaN) - (hit.deliveredAtMs ?? hit.sentAtMs ?? Number.NaN),
  };
}

export function has(headers: Signals['headers'], name: string): boolean {
  return (headers[name] ?? '') !== '';
}

export function isNavigation(headers: Signals['headers']): boolean {
  return headers['sec-fetch-user'] === '?1' || headers['sec-fetch-mode'] === 'navigate';
}

export function isImage(headers: Signals['headers']): boolean {
  return headers['sec-fetch-dest'] === 'image';
}
