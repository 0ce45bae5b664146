// A hit as far as it is kept: its agent, method, network and how its host's name ends, and what its reasons tell of headers
// and times that are gone. Judged again by the same rules, it gets the verdict it had.
import type { ClassifyHit } from './read-signals.ts';

/** What is kept of a hit beside its verdict. */
export type KeptSignals = Pick<ClassifyHit, 'id' | 'event' | 'method' | 'network' | 'ptr'> & { readonly agent: string };

interface Trace {
  readonly headers?: ClassifyHit['headers'];
  /** Milliseconds since the send. */
  readonly sinceMs?: number;
  readonly honeypot?: true;
  readonly recipientDomain?: string;
}

/** What each reason says that was there. */
const TRACES: Readonly<Record<string, Trace>> = {
  'speculative-header': { headers: { 'sec-purpose': 'prefetch' } },
  honeypot: { honeypot: true },
  'plain-proxy': { headers: { 'accept-encoding': 'gzip,deflate,br' } },
  'gmail-proxy-at-send': { sinceMs: 0 },
  'before-delivery': { sinceMs: -3_600_000 },
  'at-delivery': { sinceMs: 0 },
  'outlook-image-proxy': { recipientDomain: 'outlook.com' },
  'no-agent-hosted': { sinceMs: 10_000 },
  language: { headers: { 'accept-language': 'en' } },
  navigation: { headers: { 'sec-fetch-mode': 'navigate' } },
  'image-load': { headers: { 'sec-fetch-dest': 'image' } },
  'rewriter-referer': { headers: { referer: 'https://safelinks.protection.outlook.com' } },
  'very-fast': { sinceMs: 1_500 },
  fast: { sinceMs: 10_000 },
};

/** What the store knows of a hit's send, which is surer than traces. */
export type KnownSend = Pick<ClassifyHit, 'sentAtMs' | 'atMs' | 'recipientDomain'>;

/** The hit as its traces tell it, and its send, where one is known. */
export function keptHit(
  { agent, ...signals }: KeptSignals,
  reasons: readonly string[],
  send: KnownSend = {},
): ClassifyHit {
  const traces = reasons.flatMap((reason) => TRACES[reason] ?? []);
  const { headers: _, sinceMs, ...found }: Trace = Object.assign({}, ...traces);
  return {
    ...signals,
    ...found,
    ...(sinceMs === undefined ? {} : { sentAtMs: 0, atMs: sinceMs }),
    ...send,
    headers: Object.assign({ 'user-agent': agent }, ...traces.map(({ headers }) => headers)),
  };
}
