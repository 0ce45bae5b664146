// Touches: the clicks that a conversion is attributed to. Those of its recipient within the window before it, in order of
// time; by people, as judged, unless the sender wants all.
import type { AttributionRules } from '../base/conversion.ts';

/** A click that a conversion may be attributed to; `message` is whatever names one to the caller. */
export interface Touch {
  readonly message: number;
  readonly link: number | null;
  readonly atMs: number;
}

export interface KnownClick extends Touch {
  /** Whether a person made it, as judged. */
  readonly isPerson: boolean;
}

export interface TouchesOf {
  /** Clicks of the recipient, in any order. */
  readonly clicks: readonly KnownClick[];
  /** The click that the click id names, to the second. */
  readonly own: Touch | undefined;
  readonly atMs: number;
}

/**
 * The touches of a conversion, the earliest first. The click of the click id counts where no verdict on it is known, and,
 * whatever its verdict, where no other does: somebody came by it and bought.
 */
export function findTouches({ clicks, own, atMs }: TouchesOf, rules: AttributionRules): readonly Touch[] {
  const isInWindow = (touch: Touch) => touch.atMs <= atMs && touch.atMs >= atMs - rules.windowMs;
  const known = clicks.filter(isInWindow);
  const counted: Touch[] = known.filter(({ isPerson }) => isPerson || rules.clicks === 'all');
  if (own !== undefined && (counted.length === 0 || !known.some((click) => isSame(click, own)))) counted.push(own);
  return counted.sort((a, b) => a.atMs - b.atMs);
}

function isSame(click: Touch, own: Touch): boolean {
  const isSameSecond = Math.floor(click.atMs / 1_000) === Math.floor(own.atMs / 1_000);
  return isSameSecond && click.message === own.message && click.link === own.link;
}
