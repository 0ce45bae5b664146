// The nouns all floors share: consent, what happened, hits, verdicts. Types and their literal values, no behaviour
// beyond comparing two consent levels.

/** What a sender may learn: nothing, counts without a recipient, or who. In ascending order. */
export const CONSENT_LEVELS = ['none', 'aggregate', 'individual'] as const;
export type ConsentLevel = (typeof CONSENT_LEVELS)[number];

/** Consent for opens and clicks apart. */
export interface Consent {
  readonly opens: ConsentLevel;
  readonly clicks: ConsentLevel;
}

/** Whom a hit speaks of: one addressee (or none, `null`) of one message. */
export interface Addressee {
  readonly message: string;
  readonly recipient: string | null;
}

export const LABELS = ['human', 'proxy-human', 'prefetch', 'scanner', 'preview', 'unknown'] as const;
/** What a request was; see docs/opens.md for each. */
export type Label = (typeof LABELS)[number];

/** Labels that mean a person was there. */
export const PEOPLE: ReadonlySet<Label> = new Set<Label>(['human', 'proxy-human']);

/** Kinds of network a request may come from, by its address; docs/networks.md says what is known of each, and by which lists. */
export const NETWORK_KINDS = [
  'residential',
  'mobile',
  'corporate',
  'datacenter',
  'apple-relay',
  'google',
  'google-crawler',
  'google-cloud',
  'microsoft',
  'microsoft-eop',
  'yahoo',
  'barracuda',
  'proofpoint',
  'mimecast',
  'cisco',
  'zscaler',
  'cdn',
  'unknown',
] as const;
/** `cdn`: somebody's proxy stands between us and the reader, of whom the address says nothing. */
export type NetworkKind = (typeof NETWORK_KINDS)[number];

/** What was requested: the pixel, a link, or the way out. */
export const HIT_KINDS = ['open', 'click', 'unsubscribe'] as const;
export type HitKind = (typeof HIT_KINDS)[number];

/** One request at the collector, as it came. */
export interface Hit {
  /** 32 hexadecimal digits: the first 12 are `atMs`, the others chance. */
  readonly id: string;
  readonly kind: HitKind;
  readonly message: string;
  /** Absent by consent, or because the mail was tracked for the message alone. */
  readonly recipient: string | null;
  /** The level the mail was sealed with for this kind of hit; `aggregate` hits leave counts and nothing else. */
  readonly level: 'aggregate' | 'individual';
  /** Test traffic stays out of reports. */
  readonly test: boolean;
  readonly link: HitLink | null;
  readonly atMs: number;
  readonly method: string;
  /** Eight bytes, in hexadecimal, that stand for the client's address on one day; never the address. */
  readonly peer: string | null;
  /** The kind of network the address belongs to; the address itself is not kept. */
  readonly network: NetworkKind;
  /** Names the lists that say so: the date of the newest and six digits of a hash. */
  readonly networkLists: string;
  /** The same request again within the sender's window: kept, and not in totals. */
  readonly repeat: boolean;
  /** Lower-case names; only the headers verdicts look at. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HitLink {
  readonly index: number;
  readonly count: number;
  /** Empty when it was merged for one recipient: such are kept nowhere. */
  readonly destination: string;
  readonly honeypot: boolean;
}

/** What a hit was, why, how sure, by which rules. */
export interface Verdict {
  readonly label: Label;
  /** 0 to 1. */
  readonly confidence: number;
  /** Ids of the rules that spoke; at least one. */
  readonly reasons: readonly string[];
  readonly rulesVersion: string;
}

/** The lower of several consents, for opens and clicks apart. */
export function lowestConsent(...consents: readonly Consent[]): Consent {
  return {
    opens: lowestLevel(consents.map((consent) => consent.opens)),
    clicks: lowestLevel(consents.map((consent) => consent.clicks)),
  };
}

/** What a sender asks for when nothing else is said. */
export const FULL_CONSENT: Consent = { opens: 'individual', clicks: 'individual' };

function lowestLevel(levels: readonly ConsentLevel[]): ConsentLevel {
  return CONSENT_LEVELS.find((level) => levels.includes(level)) ?? 'none';
}

/** Why somebody gets no more mail; the most frequent first. */
export const SUPPRESSION_REASONS = ['unsubscribe', 'bounce', 'complaint', 'manual'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** How a hand-over ended. `deferred` may be tried again; `doubtful`: the server's last word did not arrive. */
export type SendEnd = 'sent' | 'refused' | 'deferred' | 'doubtful';

/** What an API token allows; each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
