// A conversion: what somebody did at a shop after a click, a sale for one. Its order id is the shop's own name for it.
import type { Money } from './money.ts';

/** By what a conversion is known, the weakest first: a request anybody can make, one whose value the shop sealed, the API. */
export const PROOFS = ['pixel', 'sealed', 'posted'] as const;
export type Proof = (typeof PROOFS)[number];

/** The click that a click id names. */
export interface ConversionClick {
  readonly message: string;
  readonly link: number;
  readonly atMs: number;
}

export interface Conversion {
  readonly order: string;
  readonly atMs: number;
  readonly proof: Proof;
  /** Test traffic stays out of reports. */
  readonly test: boolean;
  readonly click: ConversionClick | null;
  /** Whose it is: of the click, or as it was told. */
  readonly recipient: string | null;
  /** The message it is told to be of, where there is no click id. */
  readonly message: string | null;
  /** Nothing for what has no value: a sign-up. */
  readonly money: Money | null;
  /** Of the value, what was given back; null where nobody said. */
  readonly refunded: Money | null;
}

/** A conversion that a pixel told, as the journal keeps it. */
export interface ConversionHit {
  /** 32 hexadecimal digits: the first 12 are `atMs`, the others chance. */
  readonly id: string;
  readonly kind: 'conversion';
  readonly atMs: number;
  readonly conversion: Conversion;
}

/** How a conversion is attributed to clicks: to the last, the first, or in equal parts to all of the window. */
export const ATTRIBUTION_MODELS = ['last', 'first', 'linear'] as const;
export type AttributionModel = (typeof ATTRIBUTION_MODELS)[number];

/** Which clicks a conversion may be attributed to. */
export interface AttributionRules {
  /** Milliseconds before a conversion. */
  readonly windowMs: number;
  /** Those that a person made, as judged, or all. */
  readonly clicks: 'human' | 'all';
}

/** One conversion in parts, so that a third of one has a whole number, too. */
export const CONVERSION_PARTS = 1_000_000;
